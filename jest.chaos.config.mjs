import config from './jest.config.mjs';

/** Several processes, killed in the middle of refreshes. Run by `npm run test:chaos`; KEYRING_CHAOS_KILLS says how many. */
export default { ...config, testMatch: ['<rootDir>/test/chaos/**/*.chaos.ts'] };
