import config from './jest.config.mjs';

/** Published WeChat clients against the simulator. Run by `npm run test:conformance`. */
export default { ...config, testMatch: ['<rootDir>/test/conformance/**/*.conformance.ts'] };
