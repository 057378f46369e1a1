import { afterAll } from '@jest/globals';

/**
 * Runs in each test file before its tests, but for those in a browser, where a person waits for what is slow. What is
 * slow is no failure: on a busy machine an answer can take as long as a deadline that is right for real calls. So seconds
 * are minutes here, which only a hang takes.
 */
const deadlineStretch = 20;

type Timeout = typeof AbortSignal.timeout & { readonly ofNode?: typeof AbortSignal.timeout };

// A file that fails to load restores nothing, and files of one process share it: what is stretched is not stretched anew.
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called as a method of AbortSignal's below
const present: Timeout = AbortSignal.timeout;
const ofNode = present.ofNode ?? present;
const timeout: Timeout = Object.assign((ms: number) => ofNode.call(AbortSignal, ms * deadlineStretch), {
  ofNode,
});
AbortSignal.timeout = timeout;

afterAll(() => {
  AbortSignal.timeout = ofNode;
});
