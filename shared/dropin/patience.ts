import { serviceBusy } from '../platform/errors.ts';

/** What work tells of itself while somebody waits for it. */
export interface Waiting {
  /** Right before a call is sent. Throws where nobody waits any more, so that it is not sent. */
  readonly sending: () => void;
  /** The call that was sent has done nothing: its token was rejected. */
  readonly rejected: () => void;
}

/**
 * Waits for work that sends a call: for a token no longer than `ms` in all, but for the answer to a call that is under way
 * until it is there, since nobody could say what became of it. SDKs give up after 3 to 5 seconds. Throws `service_busy`.
 */
export async function withPatience<T>(ms: number, work: (waiting: Waiting) => Promise<T>): Promise<T> {
  let isUnderWay = false;
  let isOver = false;
  const { promise: end, reject } = Promise.withResolvers<never>();
  const endIfIdle = () => {
    if (isOver && !isUnderWay) reject(serviceBusy('There was no valid token in time.'));
  };
  const timer = setTimeout(() => {
    isOver = true;
    endIfIdle();
  }, ms);
  const waiting: Waiting = {
    sending: () => {
      if (isOver) throw serviceBusy('There was no valid token in time.');
      isUnderWay = true;
    },
    rejected: () => {
      isUnderWay = false;
      endIfIdle();
    },
  };
  try {
    return await Promise.race([end, work(waiting)]);
  } finally {
    clearTimeout(timer);
  }
}
