import { readFile, writeFile } from 'node:fs/promises';

import prettier from 'prettier';

import { steps, type Step, type Verdict } from './judge.ts';
import type { Sdk } from './sdks.ts';
import { ways, type WayName } from './ways.ts';

/** What came of each step of an SDK, way by way. */
export type Results = ReadonlyMap<Sdk, ReadonlyMap<WayName, ReadonlyMap<Step, Verdict>>>;

const page = new URL('../../docs/sdks.md', import.meta.url);
const begin = '<!-- Written by `npm run test:sdks -- --write`. -->';
const end = '<!-- The end of what is written. -->';

/** The page with the table of these results in the place of the one that it has. */
async function pageWith(results: Results): Promise<string> {
  const text = await readFile(page, 'utf8');
  const [before, rest = ''] = text.split(begin);
  const [, after] = rest.split(end);
  if (before === undefined || after === undefined)
    throw new Error('docs/sdks.md has no place for the table.');
  const written = `${before}${begin}\n\n${tableOf(results)}\n\n${notesOf(results)}\n\n${end}${after}`;
  const options = await prettier.resolveConfig(page);
  return prettier.format(written, { ...options, parser: 'markdown' });
}

/** Whether the page has the table of these results. */
export async function isCurrent(results: Results): Promise<boolean> {
  return (await readFile(page, 'utf8')) === (await pageWith(results));
}

export async function writePage(results: Results): Promise<void> {
  await writeFile(page, await pageWith(results));
}

function tableOf(results: Results): string {
  const all = [...results];
  const rows = Object.entries(steps).map(([step, title]) => [
    title,
    ...all.map(([, byWay]) => cellOf(byWay, step as Step)),
  ]);
  const head = ['', ...all.map(([{ name, version }]) => `${name} ${version}`)];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** `yes` where it works every way that has such a call, a dash where none has, else the ways in which it works. */
function cellOf(byWay: ReadonlyMap<WayName, ReadonlyMap<Step, Verdict>>, step: Step): string {
  const tried = verdictsOf(byWay, step).filter(({ verdict }) => verdict.outcome !== 'missing');
  if (tried.length === 0) return '–';
  const working = tried.filter(({ verdict }) => verdict.outcome === 'yes');
  if (working.length === tried.length) return 'yes';
  return working.length === 0 ? 'no' : working.map(({ way }) => ways[way].title).join(', ');
}

function verdictsOf(
  byWay: ReadonlyMap<WayName, ReadonlyMap<Step, Verdict>>,
  step: Step,
): { way: WayName; verdict: Verdict }[] {
  return [...byWay].flatMap(([way, verdicts]) => {
    const verdict = verdicts.get(step);
    return verdict === undefined ? [] : [{ way, verdict }];
  });
}

/** Why there is no call for a step, and what is known not to work. */
function notesOf(results: Results): string {
  const notes = new Set<string>();
  for (const [sdk, byWay] of results) {
    for (const step of Object.keys(steps) as Step[]) {
      const verdicts = verdictsOf(byWay, step);
      const isMissingAlways = verdicts.every(({ verdict }) => verdict.outcome === 'missing');
      for (const { way, verdict } of verdicts) {
        if (verdict.outcome === 'yes') continue;
        const why = verdict.outcome === 'missing' ? verdict.note : sdk.known?.[way]?.[step];
        const where = isMissingAlways ? '' : `, ${ways[way].title}`;
        notes.add(`- ${sdk.name}, ${steps[step]}${where}: ${why ?? ''}.`);
      }
    }
  }
  return [...notes].join('\n');
}
