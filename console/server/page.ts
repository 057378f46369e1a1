import { programs } from '../../shared/platform/programs.ts';
import { pageFiles } from './page-files.ts';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** The files of the page by their paths. Throws esbuild's BuildFailure when the page does not compile. */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const { page, icon, script, style } = await pageFiles();
  // How the command line is started here, for what the page tells people to type.
  const named = page.toString('utf8').replace('{{keyring}}', programs.keyring);
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: Buffer.from(named) }],
    ['/assets/main.js', { type: 'text/javascript; charset=utf-8', body: script }],
    ['/assets/style.css', { type: 'text/css; charset=utf-8', body: style }],
    ['/assets/icon.svg', { type: 'image/svg+xml', body: icon }],
  ]);
}
