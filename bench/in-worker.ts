import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Sends an order to a process of its own and returns its answer, once the process has ended. `worker` is a file of this
 * folder, which answers with one message. Throws where it ends without one.
 */
export async function inWorker<Answer>(worker: string, order: object): Promise<Answer> {
  const child = fork(fileURLToPath(new URL(worker, import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  try {
    child.send(order);
    const ended = exited.then(() => {
      throw new Error(`The process of ${worker} has ended.`);
    });
    const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Answer];
    return answer;
  } finally {
    if (child.connected) child.disconnect();
    await exited;
  }
}
