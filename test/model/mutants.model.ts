import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stop } from 'esbuild';
import fc from 'fast-check';
import { Builds } from '../attacks/build.ts';
import { mutants, type Mutant } from './mutants.ts';
import type { play as Play } from './run.ts';
import type { Scenario, scenarios } from './scenarios.ts';
import { schedules } from './schedule.ts';

/** Each is noticed within far fewer; docs/model.md has the figures. */
const maxSchedules = 10_000;

let builds: Builds;
beforeAll(() => {
  builds = new Builds();
});
afterAll(async () => {
  builds.remove();
  await stop();
});

/** Figures for docs/model.md. */
function report(text: string): void {
  if (process.env['KEYRING_MODEL_REPORT'] !== undefined) process.stdout.write(`${text}\n`);
}

/** Whether a scenario comes to the end that it must come to. */
async function holds(scenario: Scenario): Promise<boolean> {
  try {
    return await scenario();
  } catch {
    return false;
  }
}

const bySchedules = mutants.filter(({ seenBy }) => seenBy === 'schedules');
const byScenario = mutants.flatMap((mutant) =>
  mutant.seenBy === 'schedules' ? [] : mutant.seenBy.map((name) => ({ mutant, name })),
);

test.each(bySchedules.map((mutant): [string, Mutant] => [mutant.without, mutant]))(
  'schedules notice a protocol without: %s',
  async (_, mutant) => {
    const { play } = (await builds.module('test/model/run.ts', mutant.changes)) as { play: typeof Play };
    const property = fc.asyncProperty(schedules, async (schedule) => {
      await play(schedule);
    });
    // Found is enough: how small the schedule could be is of no interest here.
    const result = await fc.check(property, { numRuns: maxSchedules, seed: 20261121, endOnFailure: true });
    report(`${mutant.without} | ${result.numRuns} | ${String(result.errorInstance)}`);
    expect(String(result.errorInstance)).toMatch(/^Violation: /);
  },
);

test.each(byScenario)('without: $mutant.without, it is not so that $name', async ({ mutant, name }) => {
  const build = (await builds.module('test/model/scenarios.ts', mutant.changes)) as {
    scenarios: typeof scenarios;
  };
  expect(await holds(build.scenarios[name])).toBe(false);
});
