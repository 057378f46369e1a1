import { accountDays as sends } from '../../functions/admin/commands/account-days.ts';
import { daysOfYearSchema } from '../../functions/admin/schemas.ts';
import { loginNames, pushNames, sceneNames } from '../../shared/figures/chinese.ts';
import type { DayFigures } from '../../shared/figures/read-figures.ts';
import { adminRequest } from '../command.ts';
import { named, said, say } from '../language.ts';
import { account, option, wholeNumber } from '../values.ts';

export const accountDays = adminRequest({
  words: ['account days'],
  group: 'accounts',
  changes: false,
  summary: 'followers, logins and pushes by the day',
  args: { account },
  options: {
    days: option(
      wholeNumber('<n>', 'from 1 to 366', daysOfYearSchema),
      'how many of the last days in China (1 to 366, default 14)',
    ),
  },
  sends,
  request: (args, { days = 14 }) => ({ ...args, days }),
  print: ({ days }) => days.map(describeDay).join('\n') || said('Nothing has been counted yet.'),
});

function describeDay({ day, followers, joined, left, scenes, logins, pushes }: DayFigures): string {
  const moved = say`${joined} joined, ${left} left`;
  const counts = followers === undefined ? moved : [say`${followers} followers`, moved].join(said(', '));
  return [
    `${day}  ${counts}`,
    ...lineOf(said('how they came'), scenes, sceneNames),
    ...lineOf(said('logins'), logins, loginNames),
    ...lineOf(said('pushes'), pushes, pushNames),
  ].join('\n');
}

/** What was counted by name. In Chinese, `words` has what the console calls it. */
function lineOf(
  what: string,
  counts: Readonly<Record<string, number>>,
  words: Readonly<Record<string, string>>,
): string[] {
  const parts = Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${named(name, words)} ${count}`);
  return parts.length === 0 ? [] : [say`  ${what}: ${parts.join(said(', '))}`];
}
