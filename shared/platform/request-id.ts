import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogSink } from './log.ts';

const current = new AsyncLocalStorage<string>();

/** Does the work with that id of a request: each line that it logs has it. */
export function withRequestId<Result>(requestId: string, work: () => Result): Result {
  return current.run(requestId, work);
}

/** The log, with the id of the request on each line that is written while one is worked on. */
export function namingRequests(log: LogSink): LogSink {
  const naming =
    (level: keyof LogSink): LogSink['info'] =>
    (message, fields = {}) => {
      const requestId = current.getStore();
      log[level](message, requestId === undefined ? fields : { ...fields, requestId });
    };
  return { info: naming('info'), warn: naming('warn'), error: naming('error') };
}
