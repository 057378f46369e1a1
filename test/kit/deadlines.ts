import { afterAll } from '@jest/globals';

/**
 * Runs in each test file before its tests, but for those in a browser, where a person waits for what is slow. What is
 * slow is no failure: on a busy machine an answer can take as long as a deadline that is right for real calls. So seconds
 * are minutes here, which only a hang takes.
 */
const deadlineStretch = 20;

const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeout(ms * deadlineStretch);

afterAll(() => {
  AbortSignal.timeout = timeout;
});
