import type { AdminAnswer, Command } from '../functions/admin/commands.ts';
import { sendCommand, type Where } from './admin-client.ts';
import { readCommandLine, usage, UsageError, type ExportOutput } from './command-line.ts';
import { describe } from './print.ts';
import { askSecrets, confirm } from './prompt.ts';
import { watchSync } from './sync-progress.ts';

const hints = {
  local: 'Is `npm start` running, and AWS_PORT the one it was started with?',
  deployed:
    'Check your AWS credentials, --region and --stage. For the stack that `npm start` runs add --local.',
};

async function send(where: Where, command: Command): Promise<AdminAnswer> {
  return sendCommand(where, command).catch((error: unknown) => {
    const reason = (error instanceof Error ? error.message : 'unknown').replace(/\.?$/, '.');
    throw new Error(where === 'local' ? `${reason} ${hints.local}` : `${reason} ${hints.deployed}`);
  });
}

/** Asks for one page after the other, and writes each before the next. */
async function writeExport(
  { where, output }: { where: Where; output: ExportOutput },
  command: Extract<Command, { command: 'followers.export' }>,
): Promise<number> {
  const [{ exportFollowers }, { S3Client }] = await Promise.all([
    import('./export-followers.ts'),
    import('@aws-sdk/client-s3'),
  ]);
  const region = where === 'local' ? undefined : where.region;
  const written = await exportFollowers(
    async (from) => {
      const answer = await send(where, { ...command, from });
      if (!answer.ok)
        throw new Error(`${answer.problem.code}: ${answer.problem.detail ?? answer.problem.title}`);
      if (!('followers' in answer.result)) throw new Error('The admin function gave no followers.');
      return answer.result;
    },
    output,
    () => new S3Client({ followRegionRedirects: true, ...(region !== undefined && { region }) }),
    (count) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${count} followers`);
    },
  );
  console.error(`${process.stderr.isTTY ? '\r' : ''}${written} followers exported.`);
  return 0;
}

async function main(): Promise<number> {
  const request = readCommandLine(process.argv.slice(2));
  if (request.help) {
    console.log(usage);
    return 0;
  }
  const command = await request.commandWith(askSecrets, confirm);
  if (command.command === 'followers.export') return writeExport(request, command);
  const answer = await send(request.where, command);
  if (request.json) {
    console.log(JSON.stringify(answer, undefined, 2));
  } else if (answer.ok) {
    if (request.wait && 'sync' in answer.result) {
      return watchSync(answer.result.sync, (next) => sendCommand(request.where, next));
    }
    console.log(describe(answer.result));
  } else {
    const { code, detail, title } = answer.problem;
    console.error(`${code}: ${detail ?? title}`);
  }
  return answer.ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  // Whoever reads the output, such as `head`, has enough.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') process.exit(0);
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : `It did not work. ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
