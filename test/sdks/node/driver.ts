import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { Setup } from '../setup.ts';

/** What a step ends with: a value for the runner to judge, or why the SDK has no such call. */
export type StepResult = { readonly value: unknown } | { readonly missing: string };

/** What an SDK does for each step, in order. */
export type Steps = Readonly<Record<string, () => Promise<StepResult>>>;

/** How many calls are made at once after the revocation. */
const callers = 50;

/** What the runner has to say. */
export function readSetup(): Setup {
  return JSON.parse(process.env['SDK_SETUP'] ?? '') as Setup;
}

/** Does one step after the other, waits for the runner's line, and then makes the calls of the storm at once. */
export async function drive(steps: Steps, call: () => Promise<unknown>): Promise<void> {
  for (const [step, act] of Object.entries(steps)) {
    try {
      tell({ step, ...(await act()) });
    } catch (error) {
      tell({ step, error: String(error) });
    }
  }
  tell({ step: 'armed' });
  await once(createInterface({ input: process.stdin }), 'line');
  const outcomes = await Promise.allSettled(Array.from({ length: callers }, call));
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [String(outcome.reason)] : [],
  );
  tell({ step: 'storm', value: { succeeded: callers - failures.length, failure: failures[0] } });
  process.exit(0);
}

/** All openids, page after page, up to the one with nobody on it. */
export async function follow(
  page: (cursor: string) => Promise<{ data?: { openid: readonly string[] }; next_openid?: string }>,
): Promise<StepResult> {
  const openids: string[] = [];
  for (let cursor = ''; ;) {
    const { data, next_openid: next } = await page(cursor);
    if (data === undefined || next === undefined || next === '') break;
    openids.push(...data.openid);
    cursor = next;
  }
  return {
    value: {
      count: openids.length,
      distinct: new Set(openids).size,
      first: openids[0],
      last: openids.at(-1),
    },
  };
}

/** Which bytes came down. */
export function digest(bytes: unknown): StepResult {
  if (!(bytes instanceof Uint8Array)) throw new Error(`no bytes: ${JSON.stringify(bytes)}`);
  return { value: hash('sha256', bytes, 'hex') };
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
