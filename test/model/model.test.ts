import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mutants } from './mutants.ts';
import { play } from './run.ts';
import { schedules } from './schedule.ts';

const { KEYRING_MODEL_RUNS = '300', KEYRING_MODEL_SEED = '20261121', KEYRING_MODEL_PATH } = process.env;
const longestMs = 1_800_000;

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
  longestMs,
);

/** Each was caught within far fewer; docs/model.md has the figures. */
const schedulesForMutant = 5000;

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'the model notices when %s',
  async (_, mutant) => {
    const property = fc.asyncProperty(schedules, async (schedule) => {
      await play(schedule, mutant);
    });
    // Found is enough: how small the schedule could be is of no interest here.
    const result = await fc.check(property, {
      numRuns: schedulesForMutant,
      seed: 20261121,
      endOnFailure: true,
    });
    if (process.env['KEYRING_MODEL_REPORT'] !== undefined)
      process.stdout.write(`${mutant.name}: ${result.numRuns} schedules, ${String(result.errorInstance)}\n`);
    expect(String(result.errorInstance)).toMatch(/^Violation: /);
  },
  longestMs,
);
