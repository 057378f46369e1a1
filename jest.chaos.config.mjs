import config from './jest.config.mjs';

/**
 * Processes killed in the middle of refreshes, KEYRING_CHAOS_KILLS of them, and syncs killed at every point. Run by
 * `npm run test:chaos`.
 */
export default { ...config, testMatch: ['<rootDir>/test/**/*.chaos.ts'] };
