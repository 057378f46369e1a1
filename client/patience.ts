import { abortedBy, heed, retryAfterOf } from './errors.ts';

/** How long a call may take, and how often it is repeated. */
export interface Patience {
  /** Milliseconds for each attempt. */
  readonly timeoutMs: number;
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** An answer that asks for a longer wait is given to the caller at once. */
  readonly maxWaitSeconds: number;
  /** Ends early when the signal does, if it can. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * A `fetch` that gives up in time, and repeats what is safe to repeat: requests that only read, where the answer is 429 or
 * 503 and names a wait that is not too long. What changes something is never sent twice. Rejects with a KeyringError,
 * `aborted`, as soon as the request's signal ends.
 */
export function patientFetch(
  send: (request: Request) => Promise<Response>,
  { timeoutMs, maxRetries, maxWaitSeconds, sleep }: Patience,
): (request: Request) => Promise<Response> {
  return async (request) => {
    for (let retries = 0; ; retries++) {
      const response = await within(timeoutMs, request.signal, async (signal) =>
        whole(await send(new Request(request.clone(), { signal }))),
      );
      const seconds = retryAfterOf(response);
      const mayRepeat = retries < maxRetries && onlyReads(request) && [429, 503].includes(response.status);
      if (!mayRepeat || seconds === undefined || seconds > maxWaitSeconds) return response;
      await within(Infinity, request.signal, (signal) => sleep(seconds * 1000, signal));
    }
  };
}

/** A lookup is a question, too: it has a body because it can be long. */
function onlyReads({ method, url }: Request): boolean {
  return method === 'GET' || url.endsWith('/followers/lookup');
}

/** The same answer when all of it is there: what comes to a halt half-way is out of time, too. */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, response);
}

/**
 * Runs `act` with a signal that ends it in time, or when the caller's does, and does not wait for what does not heed it: not
 * every `fetch` of a mini program does. `AbortSignal.timeout` and `any` are younger than the browsers of some phones.
 */
function within<T>(
  milliseconds: number,
  caller: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const canceller = new AbortController();
  return new Promise((resolve, reject) => {
    heed(caller);
    const end = () => {
      clearTimeout(timer);
      caller.removeEventListener('abort', leave);
    };
    const giveUp = (error: Error) => {
      end();
      reject(error);
      canceller.abort();
    };
    const leave = () => giveUp(abortedBy(caller));
    const timer = setTimeout(() => giveUp(new Error('It took too long.')), timerMs(milliseconds));
    caller.addEventListener('abort', leave);
    void act(canceller.signal).then(resolve, reject).finally(end);
  });
}

/** Waits, 24 days at the longest, or until the signal ends. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timerMs(milliseconds));
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** What a timer takes: told a longer time, it is over at once. */
function timerMs(milliseconds: number): number {
  return Math.min(milliseconds, 2 ** 31 - 1);
}
