import { entries } from './functions/manifest.ts';

/** Dead code: files, exports and packages that nothing uses. Run by `npm run knip`. */
export default {
  entry: [
    // What Lambda, the local stack and the test kit load by name.
    ...entries.map((entry) => `functions/${entry}.ts`),
    // Forked by their address.
    'bench/herd-worker.ts',
    'test/chaos/worker.ts',
    // Deployed for npm run test:aws.
    'test/deploy/simulator/*.ts',
    // Run as programs of their own.
    'test/sdks/node/*.ts',
    // Run by whoever tries them.
    'examples/*.ts',
    'examples/vue-page/{main.ts,vite.config.mjs}',
    // Bundled into the package, by package/build.ts and in the place of others.
    'package/entries/*.ts',
    'package/instead/*.ts',
    // Loaded by VitePress.
    'site/.vitepress/{config,theme/index}.ts',
    'site/**/*.paths.ts',
    // Bundled for the browser by local/web-files.ts.
    'web/main.ts',
    // The same by console/server/page-files.ts.
    'console/page/main.tsx',
  ],
  project: ['**/*.{ts,tsx,mjs,vue}', '!examples/cdk-app/**'],
  // Run by test/package over the tarball; and Mermaid's own, which a test replaces.
  ignoreDependencies: ['publint', '@arethetypeswrong/cli', 'dompurify'],
  // A peer of the herd benchmark, where they are there.
  ignoreBinaries: ['java', 'redis-server'],
  // Types that only exported signatures name are exported for their callers.
  ignoreExportsUsedInFile: { interface: true, type: true },
  jest: { config: ['jest*.config.mjs'] },
};
