import { servedPage, type ServedFile } from '../../local/served-page.ts';
import { programs } from '../../shared/platform/programs.ts';
import { pageFiles } from './page-files.ts';

/** The files of the page by their paths. Throws esbuild's BuildFailure when the page does not compile. */
export async function readPage(): Promise<ReadonlyMap<string, ServedFile>> {
  const files = await pageFiles();
  // How the command line is started here, for what the page tells people to type.
  const named = files.page.toString('utf8').replace('{{keyring}}', programs.keyring);
  return servedPage({ ...files, page: Buffer.from(named) });
}
