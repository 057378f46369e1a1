import { readFile } from 'node:fs/promises';
import type { WebFiles } from '../../local/web-files.ts';

/** The web client, which the package brings. */
export async function webFiles(): Promise<WebFiles> {
  const [page, icon, script, style] = await Promise.all(
    ['index.html', 'icon.svg', 'main.js', 'style.css'].map((name) =>
      readFile(new URL(`../web/${name}`, import.meta.url)),
    ),
  );
  if (!page || !icon || !script || !style) throw new Error('A file of the web client is missing.');
  return { page, icon, script, style };
}
