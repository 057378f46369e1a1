import { expect, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { KeyDirectory } from '../../shared/accounts/key-directory.ts';
import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { KeyUses } from '../../shared/accounts/key-uses.ts';
import type { Table } from '../../shared/platform/table.ts';
import { MemoryTable } from '../kit/memory-table.ts';

const day = 86_400;
/** Noon in China. */
const noon = Date.parse('2026-11-30T12:00:00+08:00') / 1000;

function start() {
  const memory = new MemoryTable(tableSchemas.credentials);
  const clock = { time: noon, now: () => clock.time, sleep: () => Promise.resolve() };
  return { memory, clock, table: memory.table() };
}

/** Lets a write that nobody waits for come to its end. */
const written = () => new Promise((resolve) => setImmediate(resolve));

test('a key’s day is written once in a process, and anew on the next day', async () => {
  const { memory, clock, table } = start();
  const uses = new KeyUses(table, clock);
  for (let times = 0; times < 5; times += 1) uses.note('key');
  await written();
  expect([memory.operations, await uses.lastDays()]).toEqual([1, new Map([['key', '2026-11-30']])]);
  clock.time += day;
  uses.note('key');
  await written();
  expect(await uses.lastDays()).toEqual(new Map([['key', '2026-12-01']]));
});

test('a process that stood still does not set the day back', async () => {
  const { clock, table } = start();
  const early = new KeyUses(table, { ...clock, now: () => noon - day });
  new KeyUses(table, clock).note('key');
  await written();
  early.note('key');
  await written();
  expect(await early.lastDays()).toEqual(new Map([['key', '2026-11-30']]));
});

test('who uses a key neither waits for the note nor fails by it, and what is lost is noted with the next use', async () => {
  const { clock, table } = start();
  let isDown = true;
  const shaky: Table = {
    ...table,
    update: (...given) => (isDown ? Promise.reject(new Error('down')) : table.update(...given)),
  };
  const keys = new ApiKeys(table);
  const { key, apiKey } = await keys.create({ name: 'test', scopes: ['usage:read'], accounts: '*' }, noon);
  const uses = new KeyUses(shaky, clock);
  const directory = new KeyDirectory(keys, uses, clock);
  expect(await directory.find(key)).toEqual(apiKey);
  await written();
  expect(await uses.lastDays()).toEqual(new Map());
  isDown = false;
  await directory.find(key);
  await written();
  expect(await uses.lastDays()).toEqual(new Map([[apiKey.keyId, '2026-11-30']]));

  const hanging = new KeyUses({ ...table, update: () => new Promise(() => undefined) }, clock);
  expect(await new KeyDirectory(keys, hanging, clock).find(key)).toEqual(apiKey);
});

test('a text that is no key, or none of ours, leaves no note', async () => {
  const { memory, clock, table } = start();
  const directory = new KeyDirectory(new ApiKeys(table), new KeyUses(table, clock), clock);
  const { key } = await new ApiKeys(new MemoryTable(tableSchemas.credentials).table()).create(
    { name: 'elsewhere', scopes: ['usage:read'], accounts: '*' },
    noon,
  );
  expect([await directory.find('no key'), await directory.find(key)]).toEqual([undefined, undefined]);
  await written();
  expect(memory.items()).toEqual([]);
});
