import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { clientNames } from './herd-clients.ts';
import { runHerd, type HerdResult } from './herd.ts';
import { herdTables } from './herd-table.ts';
import { oauthTable, runOAuth } from './oauth.ts';

/** `npm run bench -- herd | oauth [--json] [--latency 30]`: Markdown, or JSON, on stdout. docs/benchmarks.md. */

const benchmarks = { herd, oauth };

async function herd(options: { json: boolean; processes: number; latencyMs: number }): Promise<string> {
  const { json, processes, latencyMs } = options;
  const results: HerdResult[] = [];
  for (const calls of [50, 400]) {
    for (const client of clientNames) {
      process.stderr.write(`${client}, ${calls} calls\n`);
      results.push(...(await runHerd({ client, processes, calls, latencyMs, giveUpMs: 5000 })));
    }
  }
  const conditions = { cores: availableParallelism(), node: process.version, processes, latencyMs };
  return json ? JSON.stringify({ conditions, results }, undefined, 2) : herdTables(conditions, results);
}

async function oauth({ json, latencyMs }: { json: boolean; latencyMs: number }): Promise<string> {
  const results = await runOAuth({ times: 200, latencyMs });
  return json ? JSON.stringify({ latencyMs, results }, undefined, 2) : oauthTable(results);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    processes: { type: 'string', default: '8' },
    latency: { type: 'string', default: '30' },
  },
});
const [name = ''] = positionals;
const benchmark = Object.entries(benchmarks).find(([known]) => known === name)?.[1];
if (benchmark) {
  const { json, processes, latency } = values;
  console.log(await benchmark({ json, processes: Number(processes), latencyMs: Number(latency) }));
} else {
  console.error(`Which benchmark? npm run bench -- ${Object.keys(benchmarks).join(' | ')}`);
  process.exitCode = 1;
}
