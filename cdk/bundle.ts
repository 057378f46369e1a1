import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

/** The code of one Lambda: a single ES module. */
export interface Bundle {
  /** The source, as a path below `functions/` without its ending. */
  readonly entry: string;
  /** The module, minified. */
  readonly code: Uint8Array;
  /** Its source map, without the sources' text. */
  readonly sourceMap: Uint8Array;
  /** How many bytes of the module come from which source file. */
  readonly inputs: Metafile['outputs'][string]['inputs'];
  /** Names from {@link leftOutNames}: what the sources ask for and the module does not have. */
  readonly leftOut: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Functions and classes of these names that throw and say why. */
function throwing(why: string, ...names: readonly string[]): string {
  return names
    .map((name) => `export function ${name}() { throw new Error(${JSON.stringify(why)}); }`)
    .join('\n');
}

/**
 * What the AWS SDK carries and a Lambda of this project never runs, and what stands in its place. The client itself
 * is not touched. A name that the SDK asks for and that is missing here fails the build, and test/cdk/bundles.program.ts
 * fails when one of these is no longer met, so that an update of the SDK cannot change this unseen.
 */
const leftOut: readonly {
  readonly name: string;
  /** As the SDK imports it. */
  readonly module: RegExp;
  /** Only where it is imported at the moment it is needed. */
  readonly dynamic?: true;
  readonly instead: string;
}[] = [
  {
    // Single sign-on, profiles, processes, web identities, containers, instance metadata: 120 KiB.
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    name: 'credential chain',
    module: /^@aws-sdk\/credential-provider-node$/,
    instead: throwing(
      'On Lambda credentials come from the environment (AWS_ACCESS_KEY_ID), and there were none.',
      'defaultProvider',
    ),
  },
  {
    name: 'configuration files',
    module: /\/loadSharedConfigFiles$/,
    instead: `export const CONFIG_PREFIX_SEPARATOR = '.';
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
  {
    name: 'region from instance metadata',
    module: /\/getInstanceMetadataRegion$/,
    instead: throwing('On Lambda the region comes from the environment.', 'getInstanceMetadataRegion'),
  },
  {
    name: 'event streams',
    module: /^@smithy\/core\/event-streams$/,
    dynamic: true,
    instead: throwing('Bundles have no event streams.', 'EventStreamSerde', 'eventStreamSerdeProvider'),
  },
  {
    name: 'adaptive retry mode',
    module: /\/AdaptiveRetryStrategy$/,
    instead: throwing('Bundles have no adaptive retry mode (AWS_RETRY_MODE).', 'AdaptiveRetryStrategy'),
  },
  {
    // DynamoDB has no more use for it, and it is off unless somebody turns it on.
    name: 'endpoint discovery',
    module: /^@aws-sdk\/middleware-endpoint-discovery$/,
    instead: `export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {};
      export const resolveEndpointDiscoveryConfig = (config) => config;`,
  },
  {
    // For several invocations in one process. Here there is one at a time, and its trace id stands in the environment.
    name: 'invocations side by side',
    module: /^@aws\/lambda-invoke-store$/,
    instead: 'export const InvokeStore = { getInstanceAsync: async () => undefined };',
  },
  {
    name: 'SHA-256 in JavaScript',
    module: /\/Sha256Js$/,
    instead: throwing('On Lambda Node.js has SHA-256 of its own.', 'Sha256Js'),
  },
];

const namespace = 'left-out';

/**
 * Where a client describes its operations, without what keeps esbuild from dropping those that nobody calls: members
 * under computed names (`[_n]` stands for a constant of the file), and the list of all errors that the service knows.
 * An error that is not in the list comes as the service's general exception with its own `name`, message and metadata,
 * so the sources tell errors of AWS apart by name.
 */
function withoutUnused(schemas: string): string {
  const names = new Map(
    [...schemas.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, constant = '', name]) => [
      constant,
      name,
    ]),
  );
  const lean = schemas
    .replaceAll(/\[(_\w+)\]:/g, (computed, constant: string) => {
      const name = names.get(constant);
      return name === undefined ? computed : `${name}:`;
    })
    .replaceAll(/^n0_registry\.registerError\(\w+\$, \w+\);$/gm, '');
  if (/\[\w+\]:|n0_registry\.registerError/.test(lean)) {
    throw new Error('The AWS SDK describes operations in another way than cdk/bundle.ts knows.');
  }
  return lean;
}

/** Calls that make a schema: of zod all but those that parse or configure, and the helpers of this project. */
const schemaCalls =
  /\b(?:z\s*\.(?!parse|safeParse|config|toJSONSchema)[a-z_]\w*|wholeNumber|withoutEmptied)(?=[(.])/g;

/** Says of the schemas in a source that making them does nothing else, so that esbuild drops those that nobody uses. */
function withPureSchemas(source: string): string {
  return source.replaceAll(schemaCalls, '/* @__PURE__ */ $&');
}

/** Leaves out what is in the list above, and whatever nobody uses. */
const lean: Plugin = {
  name: 'lean',
  setup(esbuild) {
    for (const { name, module, dynamic, instead } of leftOut) {
      esbuild.onResolve({ filter: module }, ({ kind, importer }) =>
        /[\\/]@(?:aws-sdk|smithy)[\\/]/.test(importer) && (!dynamic || kind === 'dynamic-import')
          ? { namespace, path: name, pluginData: instead, sideEffects: false }
          : undefined,
      );
    }
    esbuild.onLoad({ filter: /./, namespace }, ({ pluginData }) => ({
      contents: String(pluginData),
    }));
    esbuild.onLoad(
      { filter: /[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d\.js$/ },
      async ({ path }) => ({
        contents: withoutUnused(await readFile(path, 'utf8')),
      }),
    );
    // A client wants no more of it than its own version.
    esbuild.onLoad({ filter: /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
    // Importing a module of this project only defines things, so one of which nothing is used can go.
    esbuild.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path),
      sideEffects: false,
    }));
    esbuild.onLoad({ filter: /[\\/](?:shared|functions)[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: withPureSchemas(await readFile(path, 'utf8')),
      loader: 'ts',
    }));
    // The same holds for this one, which does not say so itself.
    esbuild.onResolve({ filter: /^jdenticon$/ }, async ({ path, resolveDir, kind, pluginData }) =>
      pluginData === 'again'
        ? undefined
        : { ...(await esbuild.resolve(path, { resolveDir, kind, pluginData: 'again' })), sideEffects: false },
    );
  },
};

/** The names of what bundles leave out. */
export const leftOutNames = leftOut.map(({ name }) => name);

/**
 * Bundles functions with the AWS SDK inside: smaller and quicker to load than the copy that the runtime carries, and
 * pinned. The same sources give the same bytes, wherever they lie. Nothing is written.
 *
 * @param entries sources, as paths below `functions/` without their ending
 * @param plugins of esbuild, asked before those of here
 */
export async function bundle(entries: readonly string[], plugins: readonly Plugin[] = []): Promise<Bundle[]> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({ in: `functions/${entry}.ts`, out: `${entry}/index` })),
    // Where the source maps suppose the bundles to be.
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    // Some dependencies are CommonJS inside and ask for `require`, which an ES module does not have.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    charset: 'utf8',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [...plugins, lean],
  });
  return entries.map((entry) => {
    const fileOf = (name: string) => {
      const found = outputFiles.find(({ path }) => path === resolve(root, 'dist', entry, name));
      if (!found) throw new Error(`esbuild made no ${name} of ${entry}.`);
      return found.contents;
    };
    const inputs = metafile.outputs[`dist/${entry}/index.mjs`]?.inputs ?? {};
    return {
      entry,
      code: fileOf('index.mjs'),
      sourceMap: fileOf('index.mjs.map'),
      inputs,
      leftOut: leftOutNames.filter((name) => `${namespace}:${name}` in inputs),
    };
  });
}
