import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { say } from '../language.ts';
import { flag } from '../values.ts';

export const console = command({
  words: ['console'],
  group: 'console',
  changes: false,
  summary: 'serve the console on this machine only, and open it in a browser',
  notes: 'The address works in one browser, until Ctrl-C. docs/console.md has more.',
  args: {},
  options: { 'no-open': flag('print the address and open no browser') },
  run: async (_args, { 'no-open': printOnly }, session) => {
    const { where } = session;
    // They take longer to load than any other command runs.
    const { startConsole } = await import('../../console/server/server.ts');
    const { findSimulator } = await import('../admin-client.ts');
    const { openInBrowser } = await import('../../console/server/open.ts');
    const { url } = await startConsole({
      place: where,
      send: session.sendRaw,
      simulator: where === 'local' ? await findSimulator() : undefined,
    });
    if (!printOnly) openInBrowser(url, process.env);
    session.print(
      session.json
        ? JSON.stringify({ ready: true, console: url })
        : say`The console is at ${url}. The address works once. Ctrl-C ends the console.`,
    );
    // The server keeps the process; a signal ends it.
    return exitCodes.done;
  },
});
