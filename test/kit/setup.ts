import { afterAll } from '@jest/globals';
import { listen, watch } from './log-watch.ts';

/**
 * Runs in each test file before its tests. What goes to the console or to the standard streams is watched with the
 * functions' log, and after the tests all of it is searched for what must not be printed.
 */
const restore: (() => void)[] = [listen()];

for (const [where, stream] of [
  ['standard output', process.stdout],
  ['standard error', process.stderr],
] as const) {
  const write = stream.write.bind(stream);
  stream.write = (chunk: Uint8Array | string, ...rest: never[]) => {
    watch.printed(where, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    return write(chunk, ...rest);
  };
  restore.push(() => {
    stream.write = write;
  });
}

/* eslint-disable no-console -- it is here to be watched */
for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const print = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    watch.line({ message: `console.${method}`, fields: { values } });
    print(...values);
  };
}

afterAll(() => {
  for (const undo of restore) undo();
  watch.check();
});
