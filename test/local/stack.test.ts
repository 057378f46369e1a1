import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { close, listen } from '../../local/aws/http.ts';
import { startStack } from '../../local/stack.ts';
import { memoryTables } from '../kit/memory-table.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ports = { api: 0, simulator: 0, aws: 0 };

describe.each(['stable', 'classic'] as const)('the local stack in %s mode', (mode) => {
  test('mints once at the start, and never fails a call through 48 hours at 14 mints a day or fewer', async () => {
    const stack = await startStack({ ports, log: quiet, mode, followers: 3, tables: memoryTables() });
    try {
      const path = mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token';
      // Before it was stored the secret was tried, with the stable token.
      const trials = mode === 'stable' ? 1 : 0;
      const mints = async () => {
        const answer = await fetch(`${stack.simulator}/_sim/calls`);
        return (((await answer.json()) as Record<string, number>)[path] ?? 0) - trials;
      };
      expect(await mints()).toBe(1);
      const perDay: number[] = [];
      const failures: number[] = [];
      for (let day = 0; day < 2; day++) {
        const before = day === 0 ? 0 : await mints();
        for (let step = 0; step < 288; step++) {
          await stack.clock.advance(300);
          const answer = await fetch(`${stack.api}/v1/accounts/default/followers?limit=1`, {
            headers: { authorization: `Bearer ${stack.apiKey}` },
          });
          await answer.arrayBuffer();
          if (answer.status !== 200) failures.push(answer.status);
        }
        perDay.push((await mints()) - before);
      }
      expect(failures).toEqual([]);
      for (const count of perDay) expect(count).toBeLessThanOrEqual(14);
    } finally {
      await stack.close();
    }
  });
});

test('a local stack forwards pushes where it is told, and to nobody else', async () => {
  const asked: string[] = [];
  const reply = '<xml><ToUserName>oUser</ToUserName><MsgType>text</MsgType><Content>Hello</Content></xml>';
  const backend = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://x').pathname);
    response.end(reply);
  });
  const forward = `${await listen(backend)}/wechat`;
  const stack = await startStack({ ports, log: quiet, followers: 1, tables: memoryTables(), forward });
  try {
    const event = { FromUserName: 'oUser', MsgType: 'text', Content: 'Hi' };
    const body = JSON.stringify({ appid: stack.account, event, safe_mode: true });
    const answer = await fetch(`${stack.simulator}/_sim/push`, { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ status: 200, reply });
    expect(asked).toEqual(['/wechat']);
  } finally {
    await stack.close();
    await close(backend);
  }
});

test('a local stack does not start with an address that no deployment would forward to', async () => {
  const starting = startStack({
    ports,
    log: quiet,
    followers: 1,
    tables: memoryTables(),
    forward: 'http://10.0.0.1/',
  });
  await expect(starting).rejects.toThrow('forward_refused');
});
