import config from './jest.config.mjs';

/** What is published, installed in a folder of its own. Run by `npm run test:package`. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/package/**/*.package.ts'],
  globalSetup: '<rootDir>/test/package/install.mjs',
  setupFilesAfterEnv: [],
};
