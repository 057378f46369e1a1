import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { isPassingFailure } from './aws-post.ts';

/**
 * Whether the error, or its cause, is that an AWS service did not answer in time, was asked too much or failed by
 * itself: what is over soon, so that the same request may do a little later.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return passes(error) || (cause instanceof Error && passes(cause));
}

function passes(error: Error): boolean {
  if (isPassingFailure(error)) return true;
  return isForSdk(error) && (isThrottlingError(error) || isTransientError(error) || isServerError(error));
}

/** Whether the SDK can classify it: it looks at causes, and wants them to be errors. */
function isForSdk(error: Error): error is Parameters<typeof isTransientError>[0] {
  return error.cause === undefined || error.cause instanceof Error;
}
