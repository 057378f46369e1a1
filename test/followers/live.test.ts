import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tablesOf } from '../../functions/parts.ts';
import { runAdmin, startStack, type LocalStack } from '../../local/stack.ts';
import { accountShard, shardsOf } from '../../shared/followers/mirror/follower-item.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log: quiet, followers: 20 });
  const command = { command: 'followers.sync', account: stack.account } as const;
  await runAdmin(stack.runtime, command);
  await until(async () => 'detailsAt' in ((await call('followers/counts')).body as object));
});
afterAll(() => stack.close());

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 500; look += 1) if (await holds()) return;
  throw new Error('It did not come about.');
}

async function call(what: string): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${stack.apiKey}` };
  const answer = await fetch(`${stack.api}/v1/accounts/default/${what}`, { headers });
  return { status: answer.status, body: await answer.json() };
}

async function newest(): Promise<{ total: number; openids: string[] }> {
  const { body } = await call('followers?order=newest&limit=1');
  return body as { total: number; openids: string[] };
}

async function follow(subscribe: boolean): Promise<void> {
  const body = JSON.stringify({ appid: stack.account, openid: 'oComesAndGoes', subscribe });
  const { status } = await fetch(`${stack.simulator ?? ''}/_sim/users`, { method: 'POST', body });
  expect(status).toBe(201);
}

test('the plain list goes to WeChat until an event has come, and is true after each', async () => {
  const list = async () => {
    await fetch(`${stack.simulator ?? ''}/_sim/calls`, { method: 'DELETE' });
    const { body } = await call('followers');
    const calls = await fetch(`${stack.simulator ?? ''}/_sim/calls`);
    const asked = ((await calls.json()) as Record<string, number>)['/cgi-bin/user/get'] ?? 0;
    return { asked, listed: (body as { openids: string[] }).openids.includes('oComesAndGoes') };
  };
  expect(await list()).toEqual({ asked: 1, listed: false });
  await follow(true);
  expect(await list()).toEqual({ asked: 0, listed: true });
  await follow(false);
  expect(await list()).toEqual({ asked: 0, listed: false });
  await stack.clock.advance(1);
});

test('who follows in the simulator is in front of the mirror by the push, and gone after the next one', async () => {
  await follow(true);
  expect(await newest()).toMatchObject({ total: 21, openids: ['oComesAndGoes'] });
  await stack.clock.advance(1);
  await follow(false);
  expect(await newest()).toMatchObject({ total: 20, openids: [expect.not.stringContaining('oComes')] });
});

test('the followers of an account that is removed go with the next sweeps', async () => {
  const { followers } = tablesOf(stack.runtime);
  const kept = async () => {
    const partitions = [...shardsOf(stack.account), accountShard(stack.account), 'removals'];
    const items = await Promise.all(partitions.map((shard) => followers.query('shard', shard)));
    return items.flat().length;
  };
  expect(await kept()).toBeGreaterThan(20);
  await runAdmin(stack.runtime, { command: 'account.remove', account: stack.account });
  for (let sweeps = 0; sweeps < 6; sweeps += 1) {
    await stack.clock.advance(300);
    await stack.settled();
  }
  await until(async () => (await kept()) === 0);
});
