import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { synthesize } from './kit.ts';
import { permissionTable } from './permission-table.ts';

/** The cells of a Markdown table, whatever its alignment. */
function cellsOf(table: string): string[][] {
  return table
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const documented = /<!-- permissions -->([\s\S]*)<!-- end of permissions -->/.exec(
  readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8'),
)?.[1];

test.each(['us-east-1', 'cn-north-1'])(
  'docs/security.md says what each function may do in %s, and no function may do more (else: node test/cdk/write-permissions.ts)',
  (region) => {
    const made = synthesize({ region, egress: 'none', eventBus: 'pushes' });
    expect(cellsOf(documented ?? '')).toEqual(cellsOf(permissionTable(made)));
  },
);
