import { tablesOf } from '../functions/parts.ts';
import { keep, keepCounts, openidOf, type Person } from '../test/followers/rows.ts';
import { sdkOf } from '../test/dropin/sdk.ts';
import { startKit, type Kit } from '../test/kit/kit.ts';
import { inWorker } from './in-worker.ts';
import { markdownTable } from './markdown-table.ts';
import type { WarmOrder, WarmRequest, WarmResult } from './warm-worker.ts';

export interface WarmOptions {
  readonly rounds: number;
  readonly requestsARound: number;
}

const followers = 300;

/**
 * What a request costs once its function is warm: CPU time in the function, and operations of DynamoDB, with the
 * authorizer's. The functions are in a process of their own, one after the other; all that they call is in this one.
 */
export async function runWarm({ rounds, requestsARound }: WarmOptions): Promise<WarmResult[]> {
  const kit = await startKit({ followers });
  try {
    const requests = await prepareRequests(kit);
    const order: WarmOrder = {
      environment: kit.runtime.environment,
      offset: kit.clock.now() - Date.now() / 1000,
      account: kit.account,
      requests,
      rounds,
      requestsARound,
    };
    return await inWorker<WarmResult[]>('warm-worker.ts', order);
  } finally {
    await kit.close();
  }
}

/** Has there be what the requests ask for. Those to the functions to compare with come first. */
export async function prepareRequests(kit: Kit): Promise<WarmRequest[]> {
  const key = kit.apiKey;
  const path = { account: kit.account };
  // As long as nobody is known here, the list is WeChat's.
  const { body } = await kit.call('listFollowers', { key, query: { limit: '1' } });
  const [openid = ''] = (body as { openids: string[] }).openids;
  const cookies = await logIn(kit, openid);
  const people: Person[] = Array.from({ length: followers }, (_, number) => ({
    openid: openidOf(number),
    subscribedAt: 1_700_000_000 + number,
  }));
  await keep(tablesOf(kit.runtime).followers, kit.account, people);
  await keepCounts(kit, { subscribed: followers });
  const url = `${kit.origin}/page`;
  await kit.call('getJssdkConfig', { query: { url } });
  const token = await (await sdkOf(kit)).token();
  return [
    { what: 'bare handler', to: 'bare', init: {} },
    { what: '`token`, built the usual way', to: 'token, the usual way', init: { key } },
    { what: '`token`', to: 'getToken', init: { path, key } },
    { what: '`followers`, 100', to: 'listFollowers', init: { path, key, query: { limit: '100' } } },
    { what: '`me`', to: 'getMe', init: { path, cookies } },
    { what: '`jssdk-config`', to: 'getJssdkConfig', init: { path, query: { url } } },
    {
      what: 'drop-in, `user/info`',
      to: 'passCgiBin',
      init: { path: { proxy: 'user/info' }, query: { access_token: token, openid } },
    },
  ];
}

async function logIn(kit: Kit, openid: string): Promise<readonly string[]> {
  const query = { scope: 'snsapi_base', return_to: `${kit.origin}/after` };
  const { headers, cookies } = await kit.call('authorize', { query });
  const location = await kit.consent(String(headers['location']), openid);
  const back = await kit.call('callback', { query: new URL(location).search.slice(1), cookies });
  return back.cookies;
}

/** The results as Markdown. */
export function warmTable(results: readonly WarmResult[]): string {
  const [bare] = results;
  const rows = results.map(({ what, cpuMs, reads, writes }) => [
    what,
    cpuMs.toFixed(2),
    bare ? (cpuMs - bare.cpuMs).toFixed(2) : '–',
    reads.toFixed(2),
    writes.toFixed(2),
  ]);
  return markdownTable(['request', 'CPU ms', 'CPU ms over bare', 'reads', 'writes'], rows, { texts: 1 });
}
