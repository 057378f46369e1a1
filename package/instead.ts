import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Modules that the package has in its own way, and those in their place, which export the same. */
const replaced: readonly (readonly [of: string, by: string])[] = [
  ['shared/platform/programs.ts', 'package/instead/programs.ts'],
  ['shared/platform/documents.ts', 'package/instead/documents.ts'],
  ['cdk/bundle-folders.ts', 'package/instead/bundle-folders.ts'],
  ['local/web-files.ts', 'package/instead/web-files.ts'],
  ['console/server/page-files.ts', 'package/instead/page-files.ts'],
  ['local/api-reference-files.ts', 'package/instead/api-reference-files.ts'],
];

/** What the command line starts beside itself, by the name of its module in the package. */
export const programs = { start: 'local/start.ts', simulate: 'local/simulator/main.ts' };

/** Puts in their place what the package has in its own way: what it brings ready-made, and how it is started. */
export const asInPackage: Plugin = {
  name: 'as in the package',
  setup(esbuild) {
    const instead = new Map(replaced.map(([of, by]) => [resolve(root, of), resolve(root, by)]));
    const modules = new Map(
      Object.entries(programs).map(([name, of]) => [resolve(root, of), `./${name}.mjs`]),
    );
    esbuild.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
      const module = modules.get(resolve(resolveDir, path));
      if (module !== undefined && kind === 'dynamic-import') return { path: module, external: true };
      const by = kind === 'entry-point' ? undefined : instead.get(resolve(resolveDir, path));
      return by === undefined ? undefined : { path: by, sideEffects: false };
    });
  },
};
