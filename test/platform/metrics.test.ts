import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { emfMetrics, metricTable } from '../../shared/platform/metrics.ts';

function written(put: (metrics: ReturnType<typeof emfMetrics>) => void): unknown[] {
  const lines: string[] = [];
  const clock = { now: () => 1_790_000_000, sleep: () => Promise.resolve() };
  put(emfMetrics({ stage: 'prod', clock, write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe('metrics in the embedded format', () => {
  test('are one line with the time in milliseconds, the values, and what CloudWatch is to make of them', () => {
    expect(
      written((metrics) =>
        metrics.put({ Latency: 12, ServerErrors: 1 }, { Route: 'GET /health', status: 503 }),
      ),
    ).toEqual([
      {
        _aws: {
          Timestamp: 1_790_000_000_000,
          CloudWatchMetrics: [
            {
              Namespace: 'WeChatKeyring',
              Dimensions: [['Stage', 'Route']],
              Metrics: [{ Name: 'Latency', Unit: 'Milliseconds' }],
            },
            {
              Namespace: 'WeChatKeyring',
              Dimensions: [['Stage', 'Route']],
              Metrics: [{ Name: 'ServerErrors', Unit: 'Count' }],
            },
          ],
        },
        Stage: 'prod',
        Route: 'GET /health',
        status: 503,
        Latency: 12,
        ServerErrors: 1,
      },
    ]);
  });

  test('have a dimension only where its value is given, so that an account costs nothing unless it is named', () => {
    const [whole, apart] = written((metrics) => {
      metrics.put({ TokenSecondsLeft: 7 }, { account: 'wx1' });
      metrics.put({ TokenSecondsLeft: 7 }, { account: 'wx1', Account: 'wx1' });
    });
    expect(whole).toMatchObject({ _aws: { CloudWatchMetrics: [{ Dimensions: [['Stage']] }] } });
    expect(apart).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Dimensions: [['Stage'], ['Stage', 'Account']] }] },
    });
  });

  test('leave out a metric that lacks its only dimension, and keep its value in the line', () => {
    expect(written((metrics) => metrics.put({ Latency: 12 }))).toEqual([
      { _aws: { Timestamp: 1_790_000_000_000, CloudWatchMetrics: [] }, Stage: 'prod', Latency: 12 },
    ]);
  });

  test('are told by few things, each of which is one of a few', () => {
    const dimensions = Object.values(metricTable).flatMap(({ by }) => by.flat());
    expect([...new Set(dimensions)].toSorted()).toEqual([
      'Account',
      'Api',
      'Key',
      'Outcome',
      'Reason',
      'Route',
    ]);
  });
});

test.each([
  ['docs/logs.md', 'stage'],
  ['docs/zh/logs.md', '环境'],
])('%s has every metric with what it is told apart by, and no other', (page, whole) => {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const rows = text.matchAll(/^\| ((?:`[A-Z]\w+`(?:, )?)+) +\| (.*?) +\|/gm);
  const documented = [...rows].flatMap(([, names = '', by]) =>
    [...names.matchAll(/\w+/g)].map(([name]) => [name, by?.replaceAll(/[`\s]/g, '').split(/[;；]/)]),
  );
  const measured = Object.entries(metricTable).map(([name, { by }]) => [
    name,
    by.map((dimensions) => dimensions.join() || whole),
  ]);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(measured));
});
