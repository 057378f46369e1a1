import { requests, units } from './dynamo-units.ts';
import { reckonFirstSync, type Reckoning } from './first-sync-reckoning.ts';
import type { FirstSyncResult } from './first-sync.ts';
import { markdownTable, whole } from './markdown-table.ts';

const reckonedSizes = [1_000_000, 10_000_000];

/** What was measured, and what follows from the largest account for others, as Markdown. */
export function firstSyncTables(results: readonly FirstSyncResult[]): string {
  const largest = results.toSorted((a, b) => b.size - a.size)[0];
  if (!largest) return '';
  const reckoned = reckonedSizes.map((size) => reckonFirstSync(largest, size));
  return [
    tableOf(results, measuredRows, 'measured'),
    tableOf(reckoned, reckonedRows, `reckoned from ${whole(largest.size)}`),
  ].join('\n\n');
}

type Rows<Result> = readonly (readonly [what: string, of: (result: Result) => string])[];

function tableOf<Result extends { size: number }>(
  results: readonly Result[],
  rows: Rows<Result>,
  title: string,
): string {
  return markdownTable(
    [title, ...results.map(({ size }) => whole(size))],
    rows.map(([what, of]) => [what, ...results.map(of)]),
    { texts: 1 },
  );
}

const calls = {
  'calls to `user/get`': '/cgi-bin/user/get',
  'calls to `user/info/batchget`': '/cgi-bin/user/info/batchget',
};
const both =
  (of: typeof units, kind: 'reads' | 'writes') =>
  ({ sync, details }: FirstSyncResult) =>
    whole(of(sync, kind) + of(details, kind));

const measuredRows: Rows<FirstSyncResult> = [
  ['in the mirror', ({ mirrored }) => whole(mirrored)],
  ['of these with details', ({ withDetails }) => whole(withDetails)],
  ...Object.entries(calls).map(
    ([what, api]) => [what, ({ calls }: FirstSyncResult) => whole(calls[api] ?? 0)] as const,
  ),
  ['other calls to WeChat', (result) => whole(otherCalls(result))],
  ['days in China', ({ days }) => whole(days)],
  ['runs of sync-followers', ({ runs }) => whole(runs.sync)],
  ['runs of fetch-details', ({ runs }) => whole(runs.details)],
  ['messages in the queue', ({ messages }) => whole(messages)],
  ['writes', both(requests, 'writes')],
  ['write units', both(units, 'writes')],
  ['reads', both(requests, 'reads')],
  ['read units', both(units, 'reads')],
  ['seconds', ({ seconds }) => whole(seconds)],
  ['CPU seconds of sync-followers', ({ sync }) => whole(sync.cpuSeconds)],
  ['CPU seconds of fetch-details', ({ details }) => whole(details.cpuSeconds)],
  ['CPU seconds of what stands for AWS and WeChat', ({ rest }) => whole(rest.cpuSeconds)],
  ['most memory of sync-followers, MiB', ({ sync }) => whole(sync.peakMiB)],
  ['most memory of fetch-details, MiB', ({ details }) => whole(details.peakMiB)],
  ['most memory of what stands for AWS and WeChat, MiB', ({ rest }) => whole(rest.peakMiB)],
];

const reckonedRows: Rows<Reckoning> = [
  ['calls to `user/get`', ({ calls: { list } }) => whole(list)],
  ['calls to `user/info/batchget`', ({ calls: { details } }) => whole(details)],
  ['days of quotas', ({ days }) => whole(days.ofCalls)],
  ['the same if `batchget` counts people', ({ days }) => whole(days.ofPeople)],
  ['write units of the table', ({ writes }) => whole(writes.table)],
  ['write units of the indexes', ({ writes }) => whole(writes.indexes)],
  ['read units', ({ reads }) => whole(reads)],
  ['DynamoDB', ({ dollars }) => inDollars(dollars.dynamo)],
  ['Lambda', ({ dollars }) => inDollars(dollars.lambda)],
  ['SQS', ({ dollars }) => inDollars(dollars.sqs)],
  ['**together**', ({ dollars: { dynamo, lambda, sqs } }) => `**${inDollars(dynamo + lambda + sqs)}**`],
];

function otherCalls({ calls: made }: FirstSyncResult): number {
  const known = new Set<string>(Object.values(calls));
  return Object.entries(made).reduce((sum, [api, count]) => (known.has(api) ? sum : sum + count), 0);
}

function inDollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}
