import config from './jest.config.mjs';

const rooms = ['push', 'http', 'users', 'credentials'];

/**
 * The tests that mutants are run against (docs/mutation.md): those of the core's rooms that need no service beside
 * them.
 */
export default {
  ...config,
  // Few files, since they are gone through for each mutant.
  roots: [
    '<rootDir>/shared',
    '<rootDir>/test/model',
    '<rootDir>/test/platform',
    ...rooms.map((room) => `<rootDir>/test/${room}`),
  ],
  testMatch: [
    ...rooms.map((room) => `<rootDir>/test/${room}/*.test.ts`),
    '<rootDir>/test/model/scenarios.test.ts',
    '<rootDir>/test/platform/lease.test.ts',
  ],
  // On the whole kit: many processes at once, seconds for each mutant.
  testPathIgnorePatterns: ['<rootDir>/test/users/grants.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/jest/fixed-seed.ts'],
  runner: '<rootDir>/test/jest/mutation-runner.mjs',
};
