import config from './jest.config.mjs';

process.env.KEYRING_MODEL_RUNS ??= '10000';

/** The refresh protocol against its model, thoroughly. Run by `npm run test:model`; `npm test` plays fewer schedules. */
export default { ...config, testMatch: ['<rootDir>/test/model/**/*.{test,model}.ts'] };
