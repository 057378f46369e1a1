import config from './jest.config.mjs';

/** The web client in a real Chromium. Run by `npm run test:browser`. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/browser/**/*.browser.ts'],
  testTimeout: 30_000,
};
