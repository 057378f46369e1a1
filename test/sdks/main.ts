import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { endChildren, killChildren } from '../deploy/children.ts';
import { say, step } from '../deploy/steps.ts';
import { steps, type Step, type Verdict } from './judge.ts';
import { languages, missingFor, type Program } from './languages.ts';
import { runSdk } from './run.ts';
import { sdks, type Sdk } from './sdks.ts';
import { isCurrent, writePage, type Results } from './table.ts';
import { ways, type Way, type WayName } from './ways.ts';

/**
 * Published SDKs, unmodified and each in its own language, against the simulator alone and through the service. Run by
 * `npm run test:sdks`; `-- --only WxJava` runs one, `-- --write` writes the table of docs/sdks.md.
 */

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, write: { type: 'boolean', default: false } },
});

const maxRepeats = 3;

process.once('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endChildren().then(() => process.exit(130)));
}

const folder = await mkdtemp(join(tmpdir(), 'keyring-sdks-'));
try {
  const results = await runAll(await makePicture());
  const isWhole = results.size === sdks.length && ![...results.values()].some(wasBusyOnce);
  const surprises = [...results].flatMap(([sdk, byWay]) =>
    [...byWay].flatMap(([way, verdicts]) => surprisesOf(sdk, way, verdicts)),
  );
  for (const surprise of surprises) say(surprise);
  if (surprises.length > 0) process.exitCode = 1;
  else if (!isWhole) say('Not all was tried: the table of docs/sdks.md stays as it is.');
  else if (options.write) await writePage(results);
  else if (!(await isCurrent(results))) {
    say('The table of docs/sdks.md is another: npm run test:sdks -- --write');
    process.exitCode = 1;
  }
} finally {
  await endChildren();
  await rm(folder, { recursive: true, force: true });
}

/** A file of bytes that are no text: what takes them for text spoils them. */
async function makePicture(): Promise<string> {
  const file = join(folder, 'noon.png');
  await writeFile(file, Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256)));
  return file;
}

/** Each SDK that can run here, every way. */
async function runAll(picture: string): Promise<Results> {
  const results = new Map<Sdk, Map<WayName, ReadonlyMap<Step, Verdict>>>();
  for (const sdk of sdks.filter(({ name }) => options.only === undefined || name === options.only)) {
    const language = languages[sdk.language];
    const missing = await missingFor(language);
    if (missing.length > 0) {
      say(`skipped     ${sdk.name}: no ${missing.join(', ')} on this machine`);
      continue;
    }
    const program = await step(`${sdk.name} ${sdk.version}: build`, () => language.build(sdk.driver));
    const byWay = new Map<WayName, ReadonlyMap<Step, Verdict>>();
    for (const name of Object.keys(ways) as WayName[]) {
      if (name === 'token' && sdk.oneAddress) continue;
      if (name === 'adapter' && !sdk.adapter) continue;
      byWay.set(name, await runOneWay(sdk, name, program, picture));
    }
    results.set(sdk, byWay);
  }
  return results;
}

async function runOneWay(
  sdk: Sdk,
  name: WayName,
  program: Program,
  picture: string,
): Promise<ReadonlyMap<Step, Verdict>> {
  const way: Way = ways[name];
  for (let repeats = 0; ; repeats += 1) {
    const { verdicts, storm } = await step(`${sdk.name}: ${way.title}`, async () => {
      const service = await way.start();
      try {
        return await runSdk(way, service, program, picture);
      } finally {
        await service.close();
      }
    });
    if (storm !== undefined) say(`              ${storm}`);
    if (!wasBusy(verdicts) || repeats === maxRepeats) return verdicts;
    say(`              The machine was too busy for an answer in time. Once more.`);
  }
}

function wasBusyOnce(byWay: ReadonlyMap<WayName, ReadonlyMap<Step, Verdict>>): boolean {
  return [...byWay.values()].some(wasBusy);
}

function wasBusy(verdicts: ReadonlyMap<Step, Verdict>): boolean {
  return [...verdicts.values()].some(isBusy);
}

/** Whether the service had no token in the time that SDKs wait. On a busy machine that says nothing of the SDK. */
function isBusy({ note = '' }: Verdict): boolean {
  return note.includes('service_busy');
}

/** What fails though nothing is known of it, what works though it is known not to, and what was not tried. */
function surprisesOf(sdk: Sdk, way: WayName, verdicts: ReadonlyMap<Step, Verdict>): string[] {
  const judged = (Object.keys(steps) as Step[]).filter(
    (name) => name !== 'storm' || ways[way].outlivesRevocation,
  );
  return judged.flatMap((name) => {
    const title = `${sdk.name}, ${ways[way].title}, ${steps[name]}`;
    const known = sdk.known?.[way]?.[name];
    const verdict = verdicts.get(name);
    if (verdict === undefined) return [`${title}: not tried`];
    if (isBusy(verdict)) return [];
    if (verdict.outcome === 'no' && known === undefined) return [`${title}: ${verdict.note}`];
    return verdict.outcome === 'yes' && known !== undefined ? [`${title}: works, though ${known}`] : [];
  });
}
