import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle, type Bundle } from '../cdk/bundle.ts';
import { entries, maxKib, requestEntries } from '../functions/manifest.ts';
import { median, quantile } from './statistics.ts';

/**
 * `npm run bundles [-- --times 15]`: how large each function is and how long its import takes, as Markdown. Fails when
 * a function that an HTTP request waits for is larger than it may be. With `--times 0` nothing is imported.
 * `npm run bundles -- oauth/callback`: what is in that one.
 */

/** What imports are compared with: no function is quicker than what it cannot do without. */
const yardsticks = { 'an empty module': 'export {};', 'node:https alone': "import 'node:https';" };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '15' } },
});
const chosen = entries.filter((entry) => positionals.length === 0 || positionals.includes(entry));
if (chosen.length === 0) throw new Error(`There is no such function. There are: ${entries.join(', ')}.`);
const bundles = await bundle(chosen);

if (positionals.length > 0) for (const made of bundles) printContents(made);
else printSizes(measureImports(Number(values.times)));

/** Milliseconds of each import, each in a process of its own, all taking turns. */
function measureImports(times: number): ReadonlyMap<string, readonly number[]> {
  const measured = new Map<string, number[]>();
  const folder = mkdtempSync(join(tmpdir(), 'keyring-bundles-'));
  const fileOf = (name: string) => join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`);
  try {
    for (const { entry, code } of bundles) writeFileSync(fileOf(entry), code);
    for (const [name, code] of Object.entries(yardsticks)) writeFileSync(fileOf(name), code);
    const names = [...Object.keys(yardsticks), ...bundles.map(({ entry }) => entry)];
    for (let n = 0; n < times; n++) {
      for (const name of names) {
        measured.set(name, [...(measured.get(name) ?? []), importMs(fileOf(name))]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return measured;
}

function importMs(file: string): number {
  const program = `const from = performance.now(); await import(process.argv[1]);
    process.stdout.write(String(performance.now() - from));`;
  // No environment: nothing of this machine takes part.
  const out = execFileSync(process.execPath, ['--input-type=module', '--eval', program, file], { env: {} });
  return Number(out.toString());
}

function printSizes(measured: ReadonlyMap<string, readonly number[]>): void {
  const times = (name: string) => {
    const all = measured.get(name) ?? [];
    return [median(all), quantile(all, 0)].map((ms) => ms?.toFixed(1) ?? '');
  };
  const waitedFor = new Set<string>(requestEntries);
  const tooLarge = bundles
    .filter(({ entry, code }) => waitedFor.has(entry) && kib(code.length) > maxKib)
    .map(({ entry }) => entry);
  const rows = bundles.map(({ entry, code }) => {
    const size = kib(code.length).toFixed(1);
    return [
      entry,
      tooLarge.includes(entry) ? `**${size}**` : size,
      kib(gzipSync(code).length).toFixed(1),
      ...times(entry),
    ];
  });
  for (const name of Object.keys(yardsticks))
    if (measured.has(name)) rows.push([name, '', '', ...times(name)]);
  console.log('| function | KiB | gzipped | import p50 ms | least |\n| --- | ---: | ---: | ---: | ---: |');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  if (tooLarge.length === 0) return;
  console.error(`\nOver ${maxKib} KiB. What is in them: npm run bundles -- ${tooLarge.join(' ')}`);
  process.exitCode = 1;
}

function printContents({ entry, code, inputs }: Bundle): void {
  const sizes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const from = [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1] ?? path;
    sizes.set(from, (sizes.get(from) ?? 0) + bytesInOutput);
  }
  console.log(`\n${entry}: ${kib(code.length).toFixed(1)} KiB\n\n| KiB | from |\n| ---: | --- |`);
  for (const [from, bytes] of [...sizes].sort(([, a], [, b]) => b - a)) {
    if (bytes >= 512) console.log(`| ${kib(bytes).toFixed(1)} | ${from} |`);
  }
}

function kib(bytes: number): number {
  return bytes / 1024;
}
