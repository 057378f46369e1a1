import config from './jest.config.mjs';

/** The web client in a real Chromium. Run by `npm run test:browser`. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/browser/**/*.browser.ts'],
  // Deadlines as they are: a page about a WeChat that is silent comes when they are over.
  setupFilesAfterEnv: ['<rootDir>/test/kit/setup.ts'],
  // Later than the browser gives up (test/browser/kit.ts), which says what it has waited for.
  testTimeout: 300_000,
};
