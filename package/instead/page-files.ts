import { readFile } from 'node:fs/promises';
import type { PageFiles } from '../../console/server/page-files.ts';

/** The page of the console, which the package brings. */
export async function pageFiles(): Promise<PageFiles> {
  const [page, icon, script, style] = await Promise.all(
    ['index.html', 'icon.svg', 'main.js', 'style.css'].map((name) =>
      readFile(new URL(`../console/${name}`, import.meta.url)),
    ),
  );
  if (!page || !icon || !script || !style) throw new Error('A file of the console is missing.');
  return { page, icon, script, style };
}
