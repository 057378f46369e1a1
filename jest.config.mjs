/** ES modules throughout: middy 7 exists only as one. Run by `npm run jest`, which passes --experimental-vm-modules. */
export default {
  testEnvironment: './test/jest/environment.mjs',
  maxWorkers: '100%',
  // Only a test that hangs takes so long, however busy the machine is. No test has a limit of its own.
  testTimeout: 300_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/kit/setup.ts', '<rootDir>/test/kit/deadlines.ts'],
  // Where mutants are made: it has another package.json.
  modulePathIgnorePatterns: ['<rootDir>/.stryker/'],
  transform: { '^.+\\.ts$': '<rootDir>/test/jest/typescript.mjs' },
};
