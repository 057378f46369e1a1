import { serviceOf } from '../../bench/service.ts';
import type { Log } from '../../shared/platform/log.ts';
import { noMetrics } from '../../shared/platform/metrics.ts';
import { getApiDomainIp } from '../../shared/wechat/quota.ts';
import { outlastSlowMachines } from './deadlines.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { SteppedClock } from './stepped-clock.ts';

/**
 * One process of the service under load: callers that read the token and use it, and a refresher. Started by
 * fleet.ts; it ends with its parent.
 */

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function tell(message: FromWorker): void {
  // Nobody is left to be told once the parent has gone.
  if (process.connected) process.send?.(message, () => undefined);
}

function start({ environment, now, account: appId, callers, pauseMs }: ToWorker & { kind: 'start' }) {
  let refreshing = 0;
  const tellBusy = () => tell({ kind: 'busy', refreshing, asleep: clock.asleep });
  const clock = new SteppedClock(now, tellBusy);
  let stopping = false;
  let answered = 0;
  const generations = new Set<number>();
  const open = new Set<Promise<boolean>>();
  let stopAll = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    stopAll = resolve;
  });
  const service = serviceOf({ environment, clock, log: silent, metrics: noMetrics }, () => {
    refreshing += 1;
    tellBusy();
    return () => {
      refreshing -= 1;
      tellBusy();
    };
  });
  const warm = service.newCalls();

  /** Whether the call got its answer. */
  const callOnce = async (turn: number): Promise<boolean> => {
    const startedAtMs = Date.now();
    // Every tenth call is made by a process that has just been started, as far as its memory goes.
    const calls = turn % 10 === 0 ? service.newCalls() : warm;
    try {
      const { generation } = await calls.sendWith(await service.account(appId), getApiDomainIp);
      answered += 1;
      generations.add(generation);
      return true;
    } catch (error) {
      const { code, name, message } = error as { code?: string; name: string; message: string };
      tell({
        kind: 'failed',
        call: { startedAtMs, endedAtMs: Date.now(), code: code ?? name, detail: message },
      });
      return false;
    }
  };
  const caller = async (offset: number) => {
    for (let turn = offset; !stopping; turn++) {
      const call = callOnce(turn);
      open.add(call);
      const isAnswered = await call;
      open.delete(call);
      // It is told when to come back. Who came back at once would keep everybody busy, and time would never go on.
      if (!isAnswered) await Promise.race([clock.nextStep(), stopped]);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const report = () => {
    if (answered === 0) return;
    tell({ kind: 'answered', calls: answered, generations: [...generations] });
    answered = 0;
    generations.clear();
  };
  const reporting = setInterval(report, 100);
  const running = Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  return {
    move: (to: number) => {
      clock.stepTo(to);
      tell({ kind: 'moved', now: to });
    },
    refresh: (message: ToWorker & { kind: 'refresh' }) => service.refresh(appId, message.need),
    drain: async (id: number) => {
      await Promise.all(open);
      report();
      tell({ kind: 'drained', id });
    },
    stop: async () => {
      stopping = true;
      stopAll();
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
      running?.move(message.now);
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
outlastSlowMachines();
tell({ kind: 'loaded' });
