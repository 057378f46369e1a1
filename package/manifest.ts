import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** What the package brings as modules, each for `import` and for `require`. */
export const libraries = ['client', 'cdk', 'simulator', 'testing'] as const;

/** Packages that are installed with it, not bundled: it is found by its own modules, and has a native part. */
const installed = ['dynalite'] as const;
/** Packages that whoever uses `wechat-keyring/cdk` has already, and must have one of. */
const peers = ['aws-cdk-lib', 'constructs'] as const;
export const external = [...installed, ...peers.flatMap((name) => [name, `${name}/*`])];

const versions = z.record(z.string(), z.string());
const rootSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  dependencies: versions,
  devDependencies: versions,
});

/**
 * The manifest that is published. It is made of the project's own, which is private and has everything that developing
 * takes.
 *
 * @param repository `owner/name` on GitHub: npm takes a statement of provenance only for the repository named here
 */
export function manifestOf(
  root: unknown,
  repository?: string,
): { readonly version: string } & Readonly<Record<string, unknown>> {
  const { name, version, description, license, dependencies, devDependencies } = rootSchema.parse(root);
  const all = { ...dependencies, ...devDependencies };
  const versionOf = (of: string) => {
    const found = all[of];
    if (found === undefined) throw new Error(`package.json has no ${of}.`);
    return found;
  };
  return {
    name,
    version,
    description,
    license,
    keywords: [
      'wechat',
      'weixin',
      '微信',
      '公众号',
      'official-account',
      'access-token',
      'aws-cdk',
      'simulator',
    ],
    ...(repository !== undefined && {
      repository: { type: 'git', url: `git+https://github.com/${repository}.git` },
    }),
    type: 'module',
    // The first that lets CommonJS require an ES module.
    engines: { node: '>=22.12.0' },
    bin: { [name]: 'lib/bin.mjs' },
    exports: {
      ...Object.fromEntries(libraries.map((library) => [`./${library}`, exportOf(library)])),
      './package.json': './package.json',
    },
    files: ['lib', 'functions', 'web', 'console', 'reference', 'docs', 'CHANGELOG.md', 'THIRD-PARTY.md'],
    sideEffects: false,
    dependencies: Object.fromEntries(installed.map((of) => [of, versionOf(of)])),
    peerDependencies: {
      'aws-cdk-lib': `^${versionOf('aws-cdk-lib')}`,
      constructs: constructsOf('aws-cdk-lib'),
    },
    // Whoever wants the simulator alone has no use for 200 MB of CDK.
    peerDependenciesMeta: Object.fromEntries(peers.map((of) => [of, { optional: true }])),
  };
}

function exportOf(library: string): object {
  return {
    import: { types: `./lib/${library}.d.mts`, default: `./lib/${library}.mjs` },
    require: { types: `./lib/${library}.d.cts`, default: `./lib/${library}.cjs` },
  };
}

/** The versions of constructs that the CDK takes. */
function constructsOf(cdk: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL(`../node_modules/${cdk}/package.json`, import.meta.url), 'utf8'),
  );
  return z.object({ peerDependencies: z.object({ constructs: z.string() }) }).parse(manifest).peerDependencies
    .constructs;
}

/** The project's own manifest. */
export function readRootManifest(): unknown {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
}
