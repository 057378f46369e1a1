import config from './jest.config.mjs';

/** The rooms that hold credentials and what users granted. */
const rooms = ['credentials', 'users'];

/** How much of these rooms their tests run. Run by `npm run coverage`. */
export default {
  ...config,
  testMatch: [
    ...rooms.map((room) => `<rootDir>/test/${room}/*.test.ts`),
    // What the credentials' room is proven by beside them.
    '<rootDir>/test/model/scenarios.test.ts',
  ],
  collectCoverage: true,
  // V8 counts what runs, and needs no change of the source.
  coverageProvider: 'v8',
  collectCoverageFrom: rooms.map((room) => `shared/${room}/**/*.ts`),
  coverageReporters: ['text', 'lcovonly'],
  coverageThreshold: Object.fromEntries(rooms.map((room) => [`./shared/${room}/`, { lines: 99 }])),
};
