import { usageDays as sends } from '../../functions/admin/commands/usage-days.ts';
import { usageDaysSchema } from '../../functions/admin/schemas.ts';
import { adminRequest } from '../command.ts';
import { say, timeFrom } from '../language.ts';
import { account, option, wholeNumber } from '../values.ts';

export const usageDays = adminRequest({
  words: ['usage days'],
  group: 'usage',
  changes: false,
  summary: "calls to WeChat by the day, and when today's quota will be used up",
  args: { account },
  options: {
    days: option(
      wholeNumber('<n>', 'from 1 to 14', usageDaysSchema),
      'how many of the last days in China (1 to 14, default 14)',
    ),
  },
  sends,
  request: (args, { days = 14 }) => ({ ...args, days }),
  print: ({ now, days, limits, goneAt, keys }) =>
    [
      ...days.map(({ day, calls }) => lineOf(day, calls)),
      ...keys.flatMap(({ keyId, name, days: ofKey }) => [
        `${keyId}  ${name}`,
        ...ofKey.filter(({ calls }) => total(calls) > 0).map(({ day, calls }) => `  ${lineOf(day, calls)}`),
      ]),
      ...Object.entries(goneAt).map(
        ([api, at]) =>
          say`At this rate, the ${limits[api] ?? 0} calls to ${api} are used up ${timeFrom(at, now)}`,
      ),
    ].join('\n'),
});

function lineOf(day: string, calls: Readonly<Record<string, number>>): string {
  return `${day}  ${say`${total(calls)} calls`}`;
}

function total(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((all, count) => all + count, 0);
}
