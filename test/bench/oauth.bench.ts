import { expect, test } from '@jest/globals';
import { runOAuth } from '../../bench/oauth.ts';

test('a login costs at most 5 writes beside its calls to WeChat, and me two reads and none of them', async () => {
  const results = await runOAuth({ times: 5, latencyMs: 2 });
  expect(results.map(({ what, reads, writes, upstream }) => ({ what, reads, writes, upstream }))).toEqual([
    { what: 'exchange alone', reads: 0, writes: 0, upstream: 1 },
    { what: 'callback, snsapi_base', reads: 2, writes: 4, upstream: 1 },
    { what: 'exchange and userinfo alone', reads: 0, writes: 0, upstream: 2 },
    { what: 'callback, snsapi_userinfo', reads: 2, writes: 5, upstream: 2 },
    { what: 'me', reads: 2, writes: 0, upstream: 0 },
  ]);
});
