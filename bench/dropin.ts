import { create as createServe } from '../functions/dropin/serve-sdk.ts';
import type { HttpHandler } from '../functions/http.ts';
import { tablesOf } from '../functions/parts.ts';
import { routes } from '../functions/routes.ts';
import type { Runtime } from '../functions/runtime.ts';
import { readCredential } from '../shared/credentials/read-credential.ts';
import { createWeChatClient } from '../shared/wechat/client.ts';
import { passOn } from '../shared/wechat/pass-on.ts';
import type { PassedAnswer } from '../shared/wechat/passed-call.ts';
import { sdkOf } from '../test/dropin/sdk.ts';
import { httpEvent, lambdaContext } from '../test/kit/event.ts';
import { startKit, type Kit } from '../test/kit/kit.ts';
import { countOperations } from './operations.ts';
import { startSlowLink } from './slow-link.ts';
import { quantile } from './statistics.ts';

export interface DropInOptions {
  /** Calls of each kind, one after the other. */
  readonly times: number;
  /** Added to every exchange with WeChat, in milliseconds. */
  readonly latencyMs: number;
  /** Back ends that call while tokens are revoked, each through a process of its own. */
  readonly clients: number;
  /** Their calls in all. */
  readonly calls: number;
  /** One each second. */
  readonly revocations: number;
}

export interface DropInResults {
  readonly raw: Timing;
  readonly passed: Timing & { readonly reads: number; readonly writes: number };
  readonly revoked: {
    readonly clients: number;
    readonly calls: number;
    readonly revocations: number;
    readonly failures: number;
    /** Of these, calls during which the token was revoked twice: the second one's answer is WeChat's. */
    readonly byWeChat: number;
    readonly mints: number;
    readonly checks: number;
    readonly timing: Timing;
  };
}

interface Timing {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const path = 'user/info';
const warmUps = 50;

/**
 * What the drop-in adds to a call, beside the same call straight to WeChat, in turns; then what becomes of calls while
 * WeChat revokes the token each second. Throws where a call that nothing is done to fails.
 */
export async function runDropIn(options: DropInOptions): Promise<DropInResults> {
  const kit = await startKit({ followers: 100 });
  const delayMs = options.latencyMs;
  const link = await startSlowLink({ port: Number(new URL(kit.simulator).port), delayMs });
  try {
    const environment = { ...kit.runtime.environment, KEYRING_WECHAT_API_URL: link.url };
    const runtime = { ...kit.runtime, environment };
    return {
      ...(await measureOverhead(kit, runtime, options)),
      revoked: await callDuringRevocations(kit, runtime, options),
    };
  } finally {
    await link.close();
    await kit.close();
  }
}

async function measureOverhead(
  kit: Kit,
  runtime: Runtime,
  { times }: DropInOptions,
): Promise<Pick<DropInResults, 'raw' | 'passed'>> {
  const openid = await openidOf(kit);
  const passed = await clientOf(kit, runtime, openid);
  const raw = await rawCaller(kit, runtime, openid);
  const took = { raw: [] as number[], passed: [] as number[] };
  const counted = countOperations();
  try {
    for (let index = -warmUps; index < times; index += 1) {
      if (index === 0) counted.reset();
      const rawMs = await timed(raw);
      const passedMs = await timed(async () => requireFine(await passed()));
      if (index < 0) continue;
      took.raw.push(rawMs);
      took.passed.push(passedMs);
    }
    const { reads, writes } = counted;
    return { raw: timingOf(took.raw), passed: { ...timingOf(took.passed), reads, writes } };
  } finally {
    counted.stop();
  }
}

async function callDuringRevocations(
  kit: Kit,
  runtime: Runtime,
  { clients, calls, revocations }: DropInOptions,
): Promise<DropInResults['revoked']> {
  const openid = await openidOf(kit);
  const callers = await Promise.all(Array.from({ length: clients }, () => clientOf(kit, runtime, openid)));
  for (const call of callers) requireFine(await call());
  await kit.control('calls', undefined, 'DELETE');
  const took: number[] = [];
  let [revoked, failures, byWeChat] = [0, 0, 0];
  const pauseMs = (revocations * 1000 * clients) / calls;

  const callOnce = async (call: Call) => {
    const [startedAt, before] = [performance.now(), revoked];
    const errcode = await call();
    const tookMs = performance.now() - startedAt;
    took.push(tookMs);
    if (errcode !== undefined) {
      failures += 1;
      if (errcode === 40001 && revoked - before > 1) byWeChat += 1;
    }
    return tookMs;
  };
  const work = async (call: Call, index: number) => {
    await wait((pauseMs * index) / clients);
    for (let left = Math.ceil(calls / clients) - 1; left > 0; left -= 1) {
      await wait(Math.max(0, pauseMs - (await callOnce(call))));
    }
    // The last call meets the last revocation, however fast or slow the machine is.
    await revoking;
    await callOnce(call);
  };
  const revoke = async () => {
    while (revoked < revocations) {
      await wait(1000);
      await kit.clock.advance(1);
      revoked += 1;
      await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    }
  };
  const revoking = revoke();
  await Promise.all(callers.map(work));
  const made = (await kit.control('calls')) as Record<string, number | undefined>;
  return {
    ...{ clients, calls: took.length, revocations: revoked, failures, byWeChat },
    mints: made['/cgi-bin/stable_token'] ?? 0,
    checks: made['/cgi-bin/get_api_domain_ip'] ?? 0,
    timing: timingOf(took),
  };
}

/** Makes a call, and resolves to the errcode that was answered, if any. */
type Call = () => Promise<number | undefined>;

/** A back end with a key of its own, through a process of its own. */
async function clientOf(kit: Kit, runtime: Runtime, openid: string): Promise<Call> {
  const serve: HttpHandler = createServe(runtime);
  const token = await (await sdkOf(kit)).token();
  const query = `access_token=${token}&openid=${openid}`;
  const event = httpEvent(routes.passCgiBin, { path: { proxy: path }, query });
  return async () => {
    const { body = '', isBase64Encoded = false } = await serve(event, lambdaContext);
    return errcodeOf(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
  };
}

/** The same call with nothing around it. */
async function rawCaller(kit: Kit, runtime: Runtime, openid: string): Promise<() => Promise<unknown>> {
  const baseUrl = runtime.environment.KEYRING_WECHAT_API_URL ?? '';
  const wechat = createWeChatClient({ baseUrl, clock: kit.clock, passOn });
  const { value = '' } = await readCredential(tablesOf(runtime).credentials, 'access_token', kit.account);
  const read = (answer: PassedAnswer) => answer;
  const target = `/cgi-bin/${path}?access_token=${value}&openid=${openid}`;
  const rest = {
    method: 'GET',
    idempotent: false,
    secrets: [],
    headers: {},
    body: new Uint8Array(),
  } as const;
  return () => wechat.send({ api: `/cgi-bin/${path}`, target, read, ...rest });
}

async function openidOf(kit: Kit): Promise<string> {
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  return (body as { openids: string[] }).openids[0] ?? '';
}

function errcodeOf(body: Buffer): number | undefined {
  return (JSON.parse(body.toString()) as { errcode?: number }).errcode;
}

function requireFine(errcode: number | undefined): void {
  if (errcode !== undefined) throw new Error(`A call was answered ${errcode}.`);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

function timingOf(took: readonly number[]): Timing {
  return { p50Ms: quantile(took, 0.5) ?? Number.NaN, p99Ms: quantile(took, 0.99) ?? Number.NaN };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The results as Markdown. */
export function dropInTables({ raw, passed, revoked }: DropInResults): string {
  const cells = ({ p50Ms, p99Ms }: Timing) => `${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)}`;
  const { timing, ...counts } = revoked;
  return [
    '| call | p50 ms | p99 ms | p50 over raw, ms | p99 over raw, ms | reads | writes |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    `| straight to WeChat | ${cells(raw)} | – | – | – | – |`,
    `| through the drop-in | ${cells(passed)} | ${(passed.p50Ms - raw.p50Ms).toFixed(1)} | ${(passed.p99Ms - raw.p99Ms).toFixed(1)} | ${passed.reads} | ${passed.writes} |`,
    '',
    '| clients | calls | revocations | failures | by WeChat | mints | checks | p50 ms | p99 ms |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    `| ${Object.values(counts).join(' | ')} | ${cells(timing)} |`,
  ].join('\n');
}
