import { serviceOf, SharedClock } from '../../bench/service.ts';
import type { Log } from '../../shared/platform/log.ts';
import { noMetrics } from '../../shared/platform/metrics.ts';
import { getApiDomainIp } from '../../shared/wechat/quota.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/**
 * One process of the service under load: callers that read the token and use it, and a refresher. Started by
 * fleet.ts; it ends with its parent.
 */

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function tell(message: FromWorker): void {
  // Nobody is left to be told once the parent has gone.
  if (process.connected) process.send?.(message, () => undefined);
}

function start({ environment, clock: time, account: appId, callers, pauseMs }: ToWorker & { kind: 'start' }) {
  const clock = new SharedClock(time);
  let refreshing = 0;
  let stopping = false;
  let answered = 0;
  let slowestMs = 0;
  const generations = new Set<number>();
  const open = new Set<Promise<void>>();
  const service = serviceOf({ environment, clock, log: silent, metrics: noMetrics }, () => {
    tell({ kind: 'refreshing', count: ++refreshing });
    return () => tell({ kind: 'refreshing', count: --refreshing });
  });
  const warm = service.newCalls();

  const callOnce = async (turn: number) => {
    const startedAtMs = Date.now();
    // Every tenth call is made by a process that has just been started, as far as its memory goes.
    const calls = turn % 10 === 0 ? service.newCalls() : warm;
    try {
      const { generation } = await calls.sendWith(await service.account(appId), getApiDomainIp);
      answered += 1;
      slowestMs = Math.max(slowestMs, Date.now() - startedAtMs);
      generations.add(generation);
    } catch (error) {
      const { code, name, message } = error as { code?: string; name: string; message: string };
      tell({
        kind: 'failed',
        call: { startedAtMs, endedAtMs: Date.now(), code: code ?? name, detail: message },
      });
    }
  };
  const caller = async (offset: number) => {
    for (let turn = offset; !stopping; turn++) {
      const call = callOnce(turn);
      open.add(call);
      await call;
      open.delete(call);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const report = () => {
    if (answered === 0) return;
    tell({ kind: 'answered', calls: answered, slowestMs, generations: [...generations] });
    answered = 0;
    slowestMs = 0;
    generations.clear();
  };
  const reporting = setInterval(report, 100);
  const running = Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  return {
    clock,
    refresh: (message: ToWorker & { kind: 'refresh' }) => service.refresh(appId, message.need),
    drain: async (id: number) => {
      await Promise.all(open);
      tell({ kind: 'drained', id });
    },
    stop: async () => {
      stopping = true;
      await running;
      clearInterval(reporting);
      report();
      tell({ kind: 'stopped' });
    },
  };
}

let running: ReturnType<typeof start> | undefined;
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'start':
      running = start(message);
      break;
    case 'time':
      void running?.clock.leapTo(message.offset);
      break;
    case 'refresh':
      // What it comes to, the callers see.
      running?.refresh(message).catch(() => undefined);
      break;
    case 'drain':
      void running?.drain(message.id);
      break;
    case 'stop':
      void running?.stop();
      break;
  }
});
