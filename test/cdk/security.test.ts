import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { synthesize } from './kit.ts';
import { pagesWithPermissions, permissionTable } from './permission-table.ts';

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

describe.each(Object.entries(pagesWithPermissions))('%s', (page, head) => {
  const documented = /<!-- permissions -->([\s\S]*)<!-- end of permissions -->/.exec(
    readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8'),
  )?.[1];

  test.each(['us-east-1', 'cn-north-1'])(
    'says what each function may do in %s, and no function may do more (else: npm run permissions)',
    (region) => {
      const made = synthesize({ region, egress: 'none', eventBus: 'pushes' });
      expect(cellsOf(documented ?? '')).toEqual(cellsOf(permissionTable(made, head)));
    },
  );
});
