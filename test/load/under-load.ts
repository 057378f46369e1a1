import { spawn } from 'node:child_process';
import { availableParallelism, constants } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * `npm run under-load -- COMMAND [ARGUMENT...]`: runs the command while two busy loops for each core run beside it, and
 * ends as it does. Nothing of the project may fail by that: a slow machine takes longer, and no more.
 */

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('Say what to run: npm run under-load -- COMMAND [ARGUMENT...]\n');
  process.exit(2);
}

// Threads, not processes: however this process ends, they end with it.
const loops = Array.from({ length: 2 * availableParallelism() }, () => {
  return new Worker('for (;;);', { eval: true });
});
process.stderr.write(`${loops.length} busy loops run beside: ${[command, ...args].join(' ')}\n`);

const child = spawn(command, args, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Ctrl-C at a terminal has reached the command already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.once('error', ({ message }) => {
  process.stderr.write(`${message}\n`);
  process.exit(127);
});
child.once('exit', (code, signal) => {
  // What a shell says of a command that a signal has ended.
  process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
});
