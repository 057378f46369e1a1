import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('under-load.ts', import.meta.url));

function underLoad(...command: string[]) {
  const child = spawn(process.execPath, [script, ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  return { child, exited: once(child, 'exit') };
}

test('a command under load ends with its own exit code, and the load with it', async () => {
  const { exited } = underLoad(process.execPath, '-e', 'process.exit(7)');
  expect(await exited).toEqual([7, null]);
});

test('a signal reaches the command, which decides how it ends', async () => {
  const program = `process.on('SIGINT', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready');`;
  const { child, exited } = underLoad(process.execPath, '-e', program);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await exited).toEqual([9, null]);
});

test('a command that a signal ends is told of as a shell tells it', async () => {
  const { exited } = underLoad(process.execPath, '-e', `process.kill(process.pid, 'SIGTERM')`);
  expect(await exited).toEqual([143, null]);
});

test('a command that there is not is an error', async () => {
  const { exited } = underLoad('/nowhere/such-a-command');
  expect(await exited).toEqual([127, null]);
});
