import { scenarios, scenarioNames, type HerdResult } from './herd.ts';

export interface Conditions {
  readonly cores: number;
  readonly node: string;
  readonly processes: number;
  readonly latencyMs: number;
}

const columns = [
  'client',
  'calls',
  'mints',
  'succeeded',
  'p50 ms',
  'p99 ms',
  'p50 over raw',
  'calls to WeChat',
  'ratio',
  'p99 ratio',
  'refresh runs',
  'reads, writes a call',
  'CPU ms a call',
];

/**
 * The results as Markdown: one table a scenario. Ratios are to the first client, of the same run. `skipped` says of
 * clients that could not run why not.
 */
export function herdTables(
  conditions: Conditions,
  results: readonly HerdResult[],
  skipped: Readonly<Record<string, string | undefined>> = {},
): string {
  const { cores, node, processes, latencyMs } = conditions;
  const head = `${processes} processes on ${cores} cores, Node ${node}, ${latencyMs} ms added to each call to WeChat.`;
  const tables = scenarioNames.map((scenario) => {
    const rows = [
      ...results.filter((result) => result.scenario === scenario).map((row) => rowOf(row, results)),
      ...Object.entries(skipped).map(
        ([client, why = '']) => `| ${client} | skipped: ${why} |${' |'.repeat(columns.length - 2)}`,
      ),
    ];
    return [
      `### ${scenario}`,
      '',
      `${scenarios[scenario]}.`,
      '',
      `| ${columns.join(' | ')} |`,
      `| --- |${' ---: |'.repeat(columns.length - 1)}`,
      ...rows,
    ].join('\n');
  });
  return [head, ...tables].join('\n\n');
}

function rowOf(result: HerdResult, results: readonly HerdResult[]): string {
  const { client, calls, waves, mints, succeeded, unfinished, p50Ms, p99Ms, upstream, refreshes } = result;
  const { readsEach, writesEach, cpuEachMs, standInsCpuEachMs } = result;
  const rawName = client.includes('a function each') ? 'raw, a function each' : 'raw';
  const ours = results.find(
    (other) =>
      other.scenario === result.scenario && other.calls === calls && other.client.startsWith('keyring'),
  );
  const cells = [
    client,
    `${waves > 1 ? `${waves} × ` : ''}${calls}${unfinished > 0 ? `, ${unfinished} never ended` : ''}`,
    `${mints}`,
    `${succeeded}`,
    milliseconds(p50Ms),
    milliseconds(p99Ms),
    ratio(p50Ms, results.findLast((other) => other.client === rawName && other.calls <= calls)?.p50Ms),
    `${upstream}`,
    ratio(upstream, ours?.upstream),
    ratio(p99Ms, ours?.p99Ms),
    client.startsWith('keyring') ? `${refreshes}` : '–',
    readsEach + writesEach === 0 ? '–' : `${readsEach.toFixed(1)}, ${writesEach.toFixed(1)}`,
    `${cpuEachMs.toFixed(1)} + ${standInsCpuEachMs.toFixed(1)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '–' : ms.toFixed(0);
}

function ratio(value: number | undefined, ours: number | undefined): string {
  return value === undefined || ours === undefined || ours === 0 ? '–' : (value / ours).toFixed(1);
}
