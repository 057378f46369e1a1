import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { messages } from '../../shared/platform/messages.ts';

const page = readFileSync(new URL('../../docs/logs.md', import.meta.url), 'utf8');

/** `| message | level | fields | … |` of every table in the page. */
const documented = [...page.matchAll(/^\| `([^`]+[.;][^`]*)` +\| (info|warn|error) +\| ([^|]*)\|/gm)].map(
  ([, message = '', level, fields = '']) => ({
    message,
    level,
    fields: [...fields.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  }),
);

test('the page of log messages has every message with its level and fields, and no other', () => {
  const registered = Object.entries(messages).map(([message, { level, fields }]) => ({
    message,
    level,
    fields: [...fields],
  }));
  const byMessage = (a: { message: string }, b: { message: string }) => (a.message < b.message ? -1 : 1);
  expect(documented.toSorted(byMessage)).toEqual(registered.toSorted(byMessage));
});

test('every message is a sentence of its own, without anything that varies', () => {
  for (const message of Object.keys(messages)) expect(message).toMatch(/^[A-Z][A-Za-z ;,-]+\.$/);
});

test('no field could hold a secret or tell who a user is', () => {
  const fields = new Set<string>(Object.values(messages).flatMap((message) => message.fields));
  const forbidden =
    /openid|unionid|token|ticket|secret|state|session|cookie|nickname|avatar|url|path|body|query/i;
  expect([...fields].filter((name) => forbidden.test(name))).toEqual([]);
});
