import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { create as createRefresh } from '../../functions/credentials/refresh-credentials.ts';
import { localFunctionName } from '../../local/addresses.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import type { Gate } from '../kit/memory-table.ts';

/** How many operations each round trip to the database had: what is asked for before an answer comes goes together. */
const rounds: number[] = [];
let waiting: (() => void)[] = [];

const gate: Gate = (operate) =>
  new Promise((resolve, reject) => {
    waiting.push(() => {
      try {
        resolve(operate());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    if (waiting.length === 1) setTimeout(answer, 5);
  });

function answer(): void {
  const answered = waiting;
  waiting = [];
  rounds.push(answered.length);
  for (const each of answered) each();
}

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory', gate });
});
afterAll(() => kit.close());

test('a refresh reads together what needs nothing of each other', async () => {
  const refresh = createRefresh(kit.runtime);
  await kit.settled();
  rounds.length = 0;
  const need = { reason: 'manual' };
  const request = { kind: 'refresh', credential: 'access_token', account: kit.account, need };
  const context = {
    ...lambdaContext,
    invokedFunctionArn: localFunctionName('credentials/refresh-credentials'),
  };
  expect(await refresh(request, context)).toEqual({ state: 'usable', generation: 1 });
  // The account, the record and what is counted; the lease; what is on record before the mint; the answer and the count;
  // the account again; the two tickets.
  expect(rounds).toEqual([3, 1, 1, 2, 1, 2]);
});
