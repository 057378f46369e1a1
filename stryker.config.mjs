/**
 * Mutants of the core's rooms: docs/mutation.md. Run by `npm run mutation`; with `-- --mutate 'shared/push/*.ts'` of one
 * room, or of the files named, separated by commas.
 */
export default {
  mutate: [
    'shared/credentials/*.ts',
    'shared/platform/lease.ts',
    'shared/push/*.ts',
    'shared/http/*.ts',
    'shared/users/*.ts',
  ],
  testRunner: 'jest',
  // As `npm run jest` does.
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.mutation.config.mjs' },
  coverageAnalysis: 'perTest',
  // Of a mutant that never ends: how long the others take says nothing on a busy machine.
  timeoutMS: 60_000,
  // Nothing type-checks here, and it would be written into every file.
  disableTypeChecks: false,
  tempDirName: '.stryker',
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.stryker/report.json' },
  ignorePatterns: ['.*', 'cdk', 'cdk.out', 'cli', 'web'],
  warnings: { slow: false },
};
