import { afterEach, expect, jest, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { figureCounter } from '../../shared/figures/figure-counter.ts';
import { readFigures } from '../../shared/figures/read-figures.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import type { Table } from '../../shared/platform/table.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { MemoryTable } from '../kit/memory-table.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

const appId = parseAppId('wx0123456789abcdef');
const now = 1_800_000_000;
const clock = { now: () => now, sleep: () => Promise.resolve() };
const table = new MemoryTable(tableSchemas.followers).table();

/** A counter on such a table, and what it logs. */
function counting(followers: Table) {
  const lines: unknown[] = [];
  const note: LogSink['info'] = (message, fields) => void lines.push([message, fields]);
  return { lines, count: figureCounter({ followers, clock, log: { info: note, warn: note, error: note } }) };
}

test('counts what has happened today', async () => {
  const { count, lines } = counting(table);
  await Promise.all([count(appId, 'login', 'granted'), count(appId, 'login', 'granted')]);
  expect(await readFigures(table, appId, { now, days: 1 })).toMatchObject([{ logins: { granted: 2 } }]);
  expect(lines).toEqual([]);
});

test('a database that refuses fails nothing', async () => {
  const refusal = Object.assign(new Error('It says what was asked.'), { name: 'ThrottlingException' });
  const { count, lines } = counting({ ...table, add: () => Promise.reject(refusal) });
  await expect(count(appId, 'push', 'handled')).resolves.toBeUndefined();
  expect(lines).toEqual([
    ['What happened could not be counted.', { account: appId, error: 'ThrottlingException' }],
  ]);
});

test('a database that does not answer keeps nobody waiting for more than a second', async () => {
  const deadlines: number[] = [];
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    deadlines.push(ms);
    return AbortSignal.abort();
  });
  const { count, lines } = counting({ ...table, add: () => new Promise(() => undefined) });
  await expect(count(appId, 'login', 'granted')).resolves.toBeUndefined();
  expect(deadlines).toEqual([1000]);
  expect(lines).toHaveLength(1);
});
