#!/usr/bin/env node
// What `npx wechat-keyring` runs: the operator's command line, and the programs beside it.

const programs = new Map<string, () => Promise<unknown>>([
  ['start', () => import('../../local/start.ts')],
  ['simulator', () => import('../../local/simulator/main.ts')],
]);

const program = programs.get(process.argv[2] ?? '');
if (program) {
  // Each reads its options from the command line as if it had been started by itself.
  process.argv.splice(2, 1);
  await program();
} else {
  await import('../../cli/keyring.ts');
}
