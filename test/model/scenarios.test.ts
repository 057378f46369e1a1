import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { mutants } from './mutants.ts';
import { scenarios } from './scenarios.ts';

test.each(Object.entries(scenarios))('%s', async (_, scenario) => {
  expect(await scenario()).toBe(true);
});

test('every scenario notices some part that is missing', () => {
  const used = new Set(mutants.flatMap(({ seenBy }) => (seenBy === 'schedules' ? [] : seenBy)));
  const names = Object.keys(scenarios) as (keyof typeof scenarios)[];
  expect(names.filter((name) => !used.has(name))).toEqual([]);
});

test('the page of the protocol lists the parts that are taken out, and no others', () => {
  const page = readFileSync(new URL('../../docs/refresh-protocol.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('<!-- mutants -->');
  const listed = [...table.matchAll(/^\| (?!-|part)(.+?) +\|/gm)].map(([, part]) => part);
  expect(listed).toEqual(mutants.map(({ without }) => without));
});
