import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { messages } from '../../shared/platform/messages.ts';

/** `| message | level | fields | … |` of every table in a page. */
function documentedIn(page: string) {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^\| `([^`]+[.;][^`]*)` +\| (info|warn|error) +\| ([^|]*)\|/gm)].map(
    ([, message = '', level, fields = '']) => ({
      message,
      level,
      fields: [...fields.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    }),
  );
}

const pages = ['docs/logs.md', 'docs/zh/logs.md'];

test.each(pages)('%s has every log message with its level and fields, and no other', (page) => {
  const registered = Object.entries(messages).map(([message, { level, fields }]) => ({
    message,
    level,
    fields: [...fields],
  }));
  const byMessage = (a: { message: string }, b: { message: string }) => (a.message < b.message ? -1 : 1);
  expect(documentedIn(page).toSorted(byMessage)).toEqual(registered.toSorted(byMessage));
});

test('docs/zh/logs.md has the messages in the order of docs/logs.md', () => {
  const [english, chinese] = pages.map((page) => documentedIn(page).map(({ message }) => message));
  expect(chinese).toEqual(english);
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
