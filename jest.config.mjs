import { fileURLToPath } from 'node:url';

// The command line speaks the language of whoever runs it.
process.env.LC_ALL = 'C.UTF-8';

// What Node compiles of the command line, the CDK app and the like, for processes that tests start by the dozen.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node', import.meta.url));

/** ES modules throughout: middy 7 exists only as one. Run by `npm run jest`, which passes --experimental-vm-modules. */
export default {
  testEnvironment: './test/jest/environment.mjs',
  maxWorkers: '100%',
  // What test files leave behind stays in a process, and each collection of garbage goes through all of it.
  workerIdleMemoryLimit: '700MB',
  // Only a test that hangs takes so long, however busy the machine is. No test has a limit of its own.
  testTimeout: 300_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/kit/setup.ts', '<rootDir>/test/kit/deadlines.ts'],
  // Where mutants are made, and the package: they have another package.json.
  modulePathIgnorePatterns: ['<rootDir>/.stryker/', '<rootDir>/dist/package/'],
  transform: { '^.+\\.ts$': '<rootDir>/test/jest/typescript.mjs' },
};
