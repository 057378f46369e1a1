import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import * as z from 'zod/mini';

import { onlyNeeded } from '../deploy/children.ts';
import type { Program } from './languages.ts';
import type { Setup } from './setup.ts';

const lineSchema = z.object({
  step: z.string(),
  value: z.optional(z.unknown()),
  missing: z.optional(z.string()),
  error: z.optional(z.string()),
});

/** What a driver says of one step. */
export type Line = z.infer<typeof lineSchema>;

/**
 * Runs a driver to its end. `told` hears each line before the driver's next one is read; after `armed` the driver
 * makes the calls of the storm. Throws what the driver said where it ended before its last line.
 */
export async function drive(
  { program, args }: Program,
  setup: Setup,
  told: (line: Line) => Promise<void>,
): Promise<void> {
  const child = spawn(program, args, {
    env: { ...onlyNeeded(), PYTHONDONTWRITEBYTECODE: '1', SDK_SETUP: JSON.stringify(setup) },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  let last = '';
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = z.parse(lineSchema, JSON.parse(text));
      last = line.step;
      await told(line);
      if (line.step === 'armed') child.stdin.write('\n');
    }
  } finally {
    child.kill('SIGKILL');
  }
  if (last !== 'storm') throw new Error(`The driver ended after "${last}":\n${said.slice(-4000)}`);
}
