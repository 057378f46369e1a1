import config from './jest.config.mjs';

const rooms = ['push', 'http', 'users'];

/**
 * The tests that mutants are run against (docs/mutation.md): those of the core's rooms that need no service beside
 * them.
 */
export default {
  ...config,
  // Few files, since they are gone through for each mutant.
  roots: ['<rootDir>/shared', ...rooms.map((room) => `<rootDir>/test/${room}`)],
  testMatch: rooms.map((room) => `<rootDir>/test/${room}/*.test.ts`),
  // On the whole kit: many processes at once, a second for each mutant.
  testPathIgnorePatterns: ['<rootDir>/test/users/grants.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/jest/fixed-seed.ts'],
  runner: '<rootDir>/test/jest/mutation-runner.mjs',
};
