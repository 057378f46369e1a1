import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { happenings, play, type Happening } from './run.ts';
import { schedules } from './schedule.ts';

const { KEYRING_MODEL_RUNS = '300', KEYRING_MODEL_SEED = '20261121', KEYRING_MODEL_PATH } = process.env;
const maxMs = 1_800_000;

/** Figures for docs/model.md. */
function report(text: string): void {
  if (process.env['KEYRING_MODEL_REPORT'] !== undefined) process.stdout.write(`${text}\n`);
}

test(
  'whatever goes wrong, readers hold a token that WeChat accepts, for one request to WeChat per need',
  async () => {
    const property = fc.asyncProperty(schedules, async (schedule) => {
      await play(schedule);
    });
    const result = await fc.check(property, {
      numRuns: Number(KEYRING_MODEL_RUNS),
      seed: Number(KEYRING_MODEL_SEED),
      ...(KEYRING_MODEL_PATH !== undefined && { path: KEYRING_MODEL_PATH }),
    });
    if (!result.failed) return;
    const { seed, counterexamplePath } = result;
    const replay = `KEYRING_MODEL_SEED=${seed} KEYRING_MODEL_PATH=${counterexamplePath ?? ''} npm run test:model`;
    throw new Error(`${fc.defaultReportMessage(result) ?? ''}\nTo replay this schedule: ${replay}`, {
      cause: result.errorInstance,
    });
  },
  maxMs,
);

test('the schedules bring about what is meant to be survived', async () => {
  const times = new Map<Happening, number>(happenings.map((happening) => [happening, 0]));
  for (const schedule of fc.sample(schedules, { numRuns: 300, seed: 20261121 })) {
    for (const happening of await play(schedule)) times.set(happening, (times.get(happening) ?? 0) + 1);
  }
  report([...times].map(([happening, count]) => `${count} of 300: ${happening}`).join('\n'));
  expect([...times].filter(([, count]) => count === 0)).toEqual([]);
});
