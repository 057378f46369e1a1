import config from './jest.config.mjs';

/** That the benchmarks measure what they say: operations, calls and mints, never time. Run by `npm run test:bench`. */
export default { ...config, testMatch: ['<rootDir>/test/bench/**/*.bench.ts'] };
