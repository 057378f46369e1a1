import config from './jest.config.mjs';

/**
 * What people start, as processes of its own: the command line, `npm start`, the CDK app, functions as they are bundled, and
 * the commands of the documents in their shells. Run by `npm run test:programs`.
 */
export default { ...config, testMatch: ['<rootDir>/test/**/*.program.ts'] };
