import { awsPost, type AwsConfig } from './aws-post.ts';

/** Runs functions of AWS Lambda. */
export interface Lambdas {
  /** Runs it and waits for what it returns. Throws where it failed: why stands in its own log. */
  call(functionName: string, payload: unknown): Promise<unknown>;
  /** Has it run by itself, and does not wait for that. `signal` ends the call. */
  start(functionName: string, payload: unknown, signal?: AbortSignal): Promise<void>;
}

/**
 * The longest a function of ours runs (functions/manifest.ts) and that anybody waits for: what has not answered by then
 * is a connection that died. Most callers are ended by their own timeout before that.
 */
const callDeadlineMs = 95_000;
const startDeadlineMs = 5000;

/**
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function lambdasWith(config: AwsConfig): Lambdas {
  // A connection that died while the environment was frozen looks alive, so none is kept.
  const forAnswer = awsPost(config, 'lambda', { deadlineMs: callDeadlineMs, keepAlive: false });
  const forNone = awsPost(config, 'lambda', { deadlineMs: startDeadlineMs, keepAlive: false });
  const request = (functionName: string, payload: unknown, type: 'RequestResponse' | 'Event') => ({
    path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
    headers: { 'content-type': 'application/json', 'x-amz-invocation-type': type },
    body: JSON.stringify(payload),
  });
  return {
    async call(functionName, payload) {
      const answer = await forAnswer(request(functionName, payload, 'RequestResponse'));
      if ('x-amz-function-error' in answer.headers) {
        throw new Error('The function that was called failed; see its log.');
      }
      const returned: unknown = JSON.parse(answer.body || 'null');
      return returned;
    },
    async start(functionName, payload, signal) {
      await forNone({ ...request(functionName, payload, 'Event'), signal });
    },
  };
}
