/** Published WeChat clients against the simulator. Run by `npm run test:conformance`. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/conformance/**/*.conformance.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
};
