import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is made of sources. */
export interface Modules {
  /** Sources by the name that their module gets: `{ keyring: 'cli/keyring.ts' }`, paths below the project. */
  readonly entries: Readonly<Record<string, string>>;
  /** The folder for the modules. */
  readonly outdir: string;
  /** `esm`: `<name>.mjs`; `cjs`: `<name>.cjs`. @default 'esm' */
  readonly format?: 'esm' | 'cjs';
  /** Whether what is imported only when it is needed stands in files of its own. Of `esm` alone. @default false */
  readonly split?: boolean;
  /** Packages that are not bundled. @default none */
  readonly external?: readonly string[];
  readonly plugins?: readonly Plugin[];
}

/** Some dependencies are CommonJS inside and ask for `require`, which an ES module does not have. */
const requireInEsm = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
/** What an ES module knows of where it is. */
const addressInCjs = "const moduleAddress=require('node:url').pathToFileURL(__filename).href;";

/**
 * Bundles programs and modules for Node.js 22 and later, with the packages that they use inside, so that they load few
 * files. Writes them to the folder, and returns what they are made of.
 */
export async function bundleModules(modules: Modules): Promise<Metafile> {
  const { entries, outdir, format = 'esm', split = false, external = [], plugins = [] } = modules;
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: resolve(root, source), out })),
    outdir,
    outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    // All in one folder: what a module reads beside itself is there wherever it ends up.
    chunkNames: '[name]-[hash]',
    splitting: split,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format,
    mainFields: ['module', 'main'],
    external: [...external],
    banner: { js: format === 'esm' ? requireInEsm : addressInCjs },
    ...(format === 'cjs' && {
      define: { 'import.meta.url': 'moduleAddress' },
      // Jest does not let CommonJS import anything.
      supported: { 'dynamic-import': false },
    }),
    minify: true,
    // Node.js prints the whole line that an uncaught error comes from.
    lineLimit: 160,
    // The local stack tells operations apart by the names of the SDK's classes.
    keepNames: true,
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    plugins: [...plugins],
  });
  return metafile;
}
