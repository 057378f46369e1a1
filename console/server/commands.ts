import {
  accountDays,
  accountHistory,
  accountSet,
  followersPause,
  followersResume,
  followersStatus,
  followersSync,
  keyCreate,
  keyList,
  keyRevoke,
  keySet,
  quotaClear,
  quotaGet,
  refresh,
  status,
  usageDays,
  userErase,
  userExpiring,
  userExport,
} from '../../functions/admin/command-table.ts';

/** The commands of the operator that the page sends. It can send no other, such as those that take an AppSecret. */
const commands = [
  accountDays,
  accountHistory,
  accountSet,
  followersPause,
  followersResume,
  followersStatus,
  followersSync,
  keyCreate,
  keyList,
  keyRevoke,
  keySet,
  quotaClear,
  quotaGet,
  refresh,
  status,
  usageDays,
  userErase,
  userExpiring,
  userExport,
] as const;
export type ConsoleCommand = (typeof commands)[number];

/** The command of that name, where the page may send it. */
export function consoleCommand(name: unknown): ConsoleCommand | undefined {
  return commands.find((command) => command.name === name);
}
