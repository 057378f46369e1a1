import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { coldStartTable, runColdStart } from './coldstart.ts';
import { dropInTables, runDropIn } from './dropin.ts';
import { clientNames } from './herd-clients.ts';
import { runHerd, type HerdResult, type Scenario } from './herd.ts';
import { firstSyncTables } from './first-sync-table.ts';
import { runFirstSync, type FirstSyncResult } from './first-sync.ts';
import { followersTables } from './followers-table.ts';
import { runFollowers, runLoops } from './followers.ts';
import { herdTables } from './herd-table.ts';
import { loadTables, runLoad } from './load.ts';
import { oauthTable, runOAuth } from './oauth.ts';
import { runWarm, warmTable } from './warm.ts';
import { buildWxJava, missingForWxJava } from './wxjava.ts';

// `npm run bench -- NAME [--json] [--latency 30]` prints Markdown, or JSON: docs/benchmarks.md.

const benchmarks = { herd, oauth, coldstart, followers, 'first-sync': firstSync, dropin, warm, load };

async function herd(options: { json: boolean; processes: number; latencyMs: number }): Promise<string> {
  const { json, processes, latencyMs } = options;
  const results: HerdResult[] = [];
  const missing = missingForWxJava();
  const present = clientNames.filter(
    (name) => name !== 'raw' && (missing === undefined || !name.startsWith('WxJava')),
  );
  if (missing === undefined) await buildWxJava();
  // Alone, so there is one number of calls, nobody who waits, and nothing that can have gone wrong before.
  results.push(
    ...(await runHerd({ client: 'raw', processes, calls: 50, latencyMs, giveUpMs: 60_000 }, ['cold'])),
  );
  for (const calls of [50, 400]) {
    for (const client of present) {
      process.stderr.write(`${client}, ${calls} calls\n`);
      const chosen: Scenario[] | undefined = client.startsWith('raw') ? ['cold'] : undefined;
      results.push(...(await runHerd({ client, processes, calls, latencyMs, giveUpMs: 20_000 }, chosen)));
    }
  }
  const conditions = { cores: availableParallelism(), node: process.version, processes, latencyMs };
  const skipped = Object.fromEntries(
    clientNames.filter((name) => name !== 'raw' && !present.includes(name)).map((name) => [name, missing]),
  );
  return json
    ? JSON.stringify({ conditions, results, skipped }, undefined, 2)
    : herdTables(conditions, results, skipped);
}

async function oauth({ json, latencyMs }: { json: boolean; latencyMs: number }): Promise<string> {
  const results = await runOAuth({ times: 200, latencyMs });
  return json ? JSON.stringify({ latencyMs, results }, undefined, 2) : oauthTable(results);
}

async function coldstart({ json }: { json: boolean }): Promise<string> {
  const results = await runColdStart({ times: 15 });
  return json ? JSON.stringify(results, undefined, 2) : coldStartTable(results);
}

async function followers(options: {
  json: boolean;
  sizes: readonly number[];
  thoroughUpTo: number;
}): Promise<string> {
  const { json, sizes, thoroughUpTo } = options;
  const tell = (line: string) => process.stderr.write(`${line}\n`);
  const loops = await runLoops(Math.min(...sizes));
  const results = await runFollowers({ sizes, thoroughUpTo, rounds: 30, onDisk: false }, tell);
  return json ? JSON.stringify({ ...results, loops }, undefined, 2) : followersTables(results, loops);
}

async function firstSync({ json, sizes }: { json: boolean; sizes: readonly number[] }): Promise<string> {
  const results: FirstSyncResult[] = [];
  for (const size of sizes) {
    results.push(await runFirstSync({ size }, (line) => process.stderr.write(`${size}: ${line}\n`)));
  }
  return json ? JSON.stringify(results, undefined, 2) : firstSyncTables(results);
}

async function dropin({ json, latencyMs }: { json: boolean; latencyMs: number }): Promise<string> {
  const results = await runDropIn({ times: 500, latencyMs, clients: 8, calls: 1000, revocations: 60 });
  return json ? JSON.stringify({ latencyMs, ...results }, undefined, 2) : dropInTables(results);
}

async function warm({ json }: { json: boolean }): Promise<string> {
  const results = await runWarm({ rounds: 15, requestsARound: 200 });
  return json ? JSON.stringify(results, undefined, 2) : warmTable(results);
}

async function load({ json, processes }: { json: boolean; processes: number }): Promise<string> {
  const faults = { busy: 0.05, throttled: 0.05, revokeEvery: 5 };
  const results = await runLoad({ processes, seconds: 60, atOnce: 4, ...faults });
  return json ? JSON.stringify(results, undefined, 2) : loadTables(results);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    processes: { type: 'string', default: '8' },
    latency: { type: 'string', default: '30' },
    sizes: { type: 'string', default: '10000,1000000' },
    thorough: { type: 'string', default: '100000' },
  },
});
const [name = ''] = positionals;
const benchmark = Object.entries(benchmarks).find(([known]) => known === name)?.[1];
if (benchmark) {
  const { json, processes, latency, sizes, thorough } = values;
  console.log(
    await benchmark({
      json,
      processes: Number(processes),
      latencyMs: Number(latency),
      sizes: sizes.split(',').map(Number),
      thoroughUpTo: Number(thorough),
    }),
  );
} else {
  console.error(`Which benchmark? npm run bench -- ${Object.keys(benchmarks).join(' | ')}`);
  process.exitCode = 1;
}
