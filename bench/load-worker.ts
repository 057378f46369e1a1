import type { Runtime } from '../functions/runtime.ts';
import { noMetrics } from '../shared/platform/metrics.ts';
import { createCall } from '../test/kit/kit.ts';
import { busyMessage } from './faulty-proxy.ts';
import { SharedClock } from './service.ts';
import type { WarmRequest } from './warm-worker.ts';

/** What the benchmark sends to each process. */
export interface LoadOrder {
  readonly environment: Runtime['environment'];
  readonly offset: number;
  readonly requests: readonly WarmRequest[];
  readonly seconds: number;
  /** Requests that are under way at any time. */
  readonly atOnce: number;
}

/** One answer: how long it took, in milliseconds, and why it is none. */
export interface Answered {
  readonly what: string;
  readonly ms: number;
  /** The code of a problem document, or an errcode, or the status. */
  readonly failure?: string;
}

async function load({ environment, offset, requests, seconds, atOnce }: LoadOrder): Promise<Answered[]> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = new SharedClock(offset);
  const call = createCall({ environment, clock, log: silent, metrics: noMetrics });
  const answers: Answered[] = [];
  const endAt = performance.now() + seconds * 1000;
  const work = async (index: number) => {
    for (let next = index; performance.now() < endAt; next += 1) {
      const request = requests[next % requests.length];
      if (!request || request.to === 'bare' || request.to === 'token, the usual way') continue;
      const startedAt = performance.now();
      let failure: string | undefined;
      try {
        failure = failureIn(await call(request.to, request.init));
      } catch (error) {
        failure = error instanceof Error ? `thrown: ${error.name}` : 'thrown';
      }
      const ms = performance.now() - startedAt;
      answers.push({ what: request.what, ms, ...(failure !== undefined && { failure }) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => work(index)));
  return answers;
}

function failureIn({ status, body }: { status: number; body: unknown }): string | undefined {
  const { code, errcode, errmsg } = body as { code?: string; errcode?: number; errmsg?: string };
  if (status !== 200) return code ?? `status ${status}`;
  // The drop-in answers -1 as well where it has no token in time, in words of its own.
  const isWeChats = errcode === -1 && errmsg === busyMessage;
  return errcode ? `errcode ${errcode}${isWeChats ? ' of WeChat' : ''}` : undefined;
}

process.on('disconnect', () => process.exit());
process.on('message', (order: LoadOrder) => {
  void load(order).then((answers) => process.send?.(answers));
});
