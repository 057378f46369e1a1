import { readFile } from 'node:fs/promises';
import type { PageFiles } from '../../local/served-page.ts';

/** Reads a file that the package brings beside its modules. Throws an error of the file system where it is missing. */
export function brought(folder: string, name: string): Promise<Buffer> {
  return readFile(new URL(`../${folder}/${name}`, import.meta.url));
}

/** A page that the package brings, bundled when it was made. */
export async function broughtPage(folder: 'web' | 'console'): Promise<PageFiles> {
  const [page, icon, script, style] = await Promise.all([
    brought(folder, 'index.html'),
    brought(folder, 'icon.svg'),
    brought(folder, 'main.js'),
    brought(folder, 'style.css'),
  ]);
  return { page, icon, script, style };
}
