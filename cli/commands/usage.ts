import * as z from 'zod/mini';
import { usage as sends } from '../../functions/admin/commands/usage.ts';
import { adminRequest } from '../command.ts';
import { said, say } from '../language.ts';
import { account, oneOf, option, textLike } from '../values.ts';

export const usage = adminRequest({
  words: ['usage'],
  group: 'usage',
  changes: false,
  summary: "today's calls to WeChat, and their limits",
  args: { account },
  options: {
    day: option(
      textLike('<yyyy-mm-dd>', 'is a day such as 2026-11-29', z.iso.date()),
      'another day in China',
    ),
    by: option(oneOf(['key'] as const), 'how many of them each drop-in key made'),
  },
  sends,
  request: (args, options) => ({ ...args, ...options }),
  print: ({ usage: { day, calls, limits, keys } }) => {
    const heading = say`${day}, a day in China`;
    if (keys === undefined) return [heading, ...table(calls, limits)].join('\n');
    const parts = keys.flatMap(({ keyId, name, calls: made, dailyLimit }) => {
      const all = total(made);
      const sum = dailyLimit === undefined ? say`${all} calls` : say`${all} calls of ${dailyLimit}`;
      return [`${keyId}  ${name}: ${sum}`, ...table(made, {})];
    });
    const ofKeys = keys.reduce((all, { calls: made }) => all + total(made), 0);
    // The two are written one after the other.
    const others = Math.max(0, total(calls) - ofKeys);
    return [heading, ...parts, say`The service itself, and keys that are revoked: ${others} calls`].join(
      '\n',
    );
  },
});

function total(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((all, count) => all + count, 0);
}

/** A line for each API. */
function table(calls: Readonly<Record<string, number>>, limits: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(calls).sort(([one], [other]) => (one < other ? -1 : 1));
  if (rows.length === 0) return [said('  no calls')];
  const names = Math.max(...rows.map(([api]) => api.length));
  const counts = Math.max(...rows.map(([, count]) => String(count).length));
  return rows.map(([api, count]) => {
    const limit = limits[api] === undefined ? '' : say` of ${limits[api]}`;
    return `  ${api.padEnd(names)}  ${String(count).padStart(counts)}${limit}`;
  });
}
