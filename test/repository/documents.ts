import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** All documents of the repository. */
export const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

export function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The text of a page without its code blocks. */
export function proseOf(page: string): string {
  return textOf(page).replaceAll(/^ *```.*?^ *```$/gms, '');
}

/** The code blocks of a page, as they are. */
export function codeBlocksOf(page: string): string[] {
  return [...textOf(page).matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms)].map(([block]) => block);
}

/** The headings of a page, with their marks. */
export function headingsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ .*$/gm)].map(([heading]) => heading);
}

/** What a link to a page can have after `#`: Git hosts make one of each heading. */
export function anchorsOf(page: string): string[] {
  const ofHeadings = headingsOf(page).map((heading) =>
    heading
      .replace(/^#+ /, '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  const named = [...proseOf(page).matchAll(/<a id="([^"]+)">/g)].map(([, name = '']) => name);
  return [...ofHeadings, ...named];
}
