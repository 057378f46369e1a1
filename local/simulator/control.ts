import * as z from 'zod/mini';

import { programs } from '../../shared/platform/programs.ts';
import type { SteerableClock } from '../clock.ts';

import { type Account, accountSchema, optionsSchema } from './accounts.ts';
import { allow, AuthorizeError, check, currentUser, deny } from './authorize.ts';
import { faultSchema } from './faults.ts';
import { parse } from './parse.ts';
import { isPushTarget, pushEvent, PushNotConfigured, verifyUrl } from './push.ts';
import type { World } from './world.ts';

/** A control answer: JSON, or nothing with 204. */
export interface ControlAnswer {
  readonly status: number;
  readonly json?: unknown;
}

/** What control calls act on. */
export interface Controlled {
  readonly world: World;
  readonly clock: SteerableClock;
  /** Host names that pushes may go to beside this machine's. */
  readonly pushHosts: readonly string[];
  /** Waits until the receiver of pushes has done what they ask for. */
  readonly pushesSettled: (() => Promise<void>) | undefined;
}

type Control = (on: Controlled, body: unknown) => ControlAnswer | Promise<ControlAnswer>;

/** Bad control input: answered with 400 and the reason. */
class BadInput extends Error {}

const noContent: ControlAnswer = { status: 204 };

const controls: Readonly<Record<string, Control>> = {
  'POST /_sim/reset': ({ world }) => {
    world.reset();
    return noContent;
  },
  'GET /_sim/clock': ({ clock }) => ({ status: 200, json: { now: clock.now() } }),
  'POST /_sim/clock': async ({ clock }, body) => {
    const { advance_s: seconds } = parseBody(advanceSchema, body);
    return { status: 200, json: { now: await clock.advance(seconds) } };
  },
  'POST /_sim/accounts': ({ world, pushHosts }, body) => {
    const input = parseBody(accountSchema, body);
    requirePushTarget('options.push_url', input.options.push_url, pushHosts);
    return { status: 201, json: view(world.addAccount(input)) };
  },
  'PATCH /_sim/accounts': ({ world, pushHosts }, body) => {
    const input = parseBody(accountChangeSchema, body);
    requirePushTarget('options.push_url', input.options.push_url, pushHosts);
    const account = knownAccount(world, input.appid);
    account.change(input.secret, input.options);
    return { status: 200, json: view(account) };
  },
  'POST /_sim/users': async ({ world, pushesSettled }, body) => {
    const { appid, subscribe, ...change } = parseBody(userSchema, body);
    const account = knownAccount(world, appid);
    const following = subscribe === undefined ? undefined : Boolean(subscribe);
    const now = world.clock.now();
    const followed =
      change.openid !== undefined && account.followers.find(change.openid)?.subscribed === true;
    const user = account.followers.put({ ...change, subscribe: following }, now);
    const { push_url: url, push_token: token, encoding_aes_key: key } = account.options;
    if (url !== undefined && token !== undefined && user.subscribed !== followed) {
      const event = {
        FromUserName: user.openid,
        Event: followed ? 'unsubscribe' : 'subscribe',
        EventKey: '',
      };
      await pushEvent(account, { url, event, safeMode: key !== undefined, now });
      await pushesSettled?.();
    }
    return {
      status: 201,
      json: {
        appid,
        openid: user.openid,
        unionid: user.unionid,
        nickname: user.nickname,
        headimgurl: world.avatarUrl(account, user),
        subscribe: user.subscribed,
        snapshot: user.snapshot,
      },
    };
  },
  'POST /_sim/consent': ({ world }, body) => {
    const input = parseBody(consentSchema, body);
    const now = world.clock.now();
    const request = check(world, {
      appid: input.appid,
      redirectUri: input.redirect_uri,
      scope: input.scope,
      state: input.state,
    });
    if (input.openid !== undefined && !request.account.followers.find(input.openid)) {
      throw new BadInput('openid: nobody of this account');
    }
    const user = currentUser(request.account, input.openid, now);
    const location =
      input.decision === 'allow'
        ? allow(request, user, user.snapshot ? 'virtual' : 'real', now)
        : (deny(request) ?? null);
    return { status: 200, json: { location } };
  },
  'POST /_sim/faults': ({ world }, body) => {
    const fault = parseBody(faultSchema, body);
    world.faults.add(fault);
    return { status: 201, json: fault };
  },
  'DELETE /_sim/faults': ({ world }) => {
    world.faults.clear();
    return noContent;
  },
  'POST /_sim/revoke': ({ world }, body) => {
    const input = parseBody(revokeSchema, body);
    const account = knownAccount(world, input.appid);
    switch (input.what) {
      case 'access_token':
        account.tokens.revoke();
        break;
      case 'jsapi_ticket':
        account.tickets.revoke('jsapi');
        break;
      case 'wx_card_ticket':
        account.tickets.revoke('wx_card');
        break;
      case 'user':
        if (input.openid === undefined) throw new BadInput('openid: needed to revoke a user');
        account.oauth.revoke(input.openid);
        break;
    }
    return noContent;
  },
  'GET /_sim/calls': ({ world }) => ({ status: 200, json: world.calls() }),
  'DELETE /_sim/calls': ({ world }) => {
    world.forgetCalls();
    return noContent;
  },
  'POST /_sim/push': async ({ world, pushHosts }, body) => {
    const input = parseBody(pushSchema, body);
    const account = knownAccount(world, input.appid);
    const { url = account.options.push_url } = input;
    if (url === undefined) throw new BadInput('url: needed, for the account has no push_url');
    requirePushTarget('url', url, pushHosts);
    const now = world.clock.now();
    if (input.event === 'verify') return { status: 200, json: await verifyUrl(account, url, now) };
    const to = { url, event: input.event, safeMode: input.safe_mode, now };
    return { status: 200, json: await pushEvent(account, to) };
  },
};

const appid = z.string().check(z.minLength(1));

/** A year: a local stack takes many minutes for it, and for milliseconds taken for seconds it would take days. */
const maxAdvanceSeconds = 366 * 86_400;
const advanceSchema = z.strictObject({
  advance_s: z.int().check(z.minimum(0), z.maximum(maxAdvanceSeconds)),
});

const accountChangeSchema = z.strictObject({
  appid,
  secret: z.optional(z.string().check(z.minLength(1))),
  options: z._default(optionsSchema, {}),
});

const userSchema = z.strictObject({
  appid,
  openid: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  nickname: z.optional(z.string()),
  headimgurl: z.optional(z.string()),
  unionid: z.optional(z.string()),
  subscribe: z.optional(z.union([z.boolean(), z.literal(0), z.literal(1)])),
  snapshot: z.optional(z.boolean()),
  change_avatar: z.optional(z.boolean()),
  unsubscribed_shape: z.optional(z.enum(['emptied', 'bare', 'unionid'])),
  odd_fields: z.optional(z.record(z.string(), z.unknown())),
  broken_json: z.optional(z.boolean()),
});

const consentSchema = z.strictObject({
  appid,
  redirect_uri: z.string(),
  scope: z.string(),
  state: z._default(z.string(), ''),
  openid: z.optional(z.string()),
  decision: z.enum(['allow', 'deny']),
});

const revokeSchema = z.strictObject({
  appid,
  what: z.enum(['access_token', 'jsapi_ticket', 'wx_card_ticket', 'user']),
  openid: z.optional(z.string()),
});

const pushSchema = z.strictObject({
  appid,
  url: z.optional(z.url()),
  event: z.union([
    z.literal('verify'),
    z.record(z.string().check(z.regex(/^[A-Za-z_]\w*$/)), z.union([z.string(), z.number()])),
  ]),
  safe_mode: z._default(z.boolean(), false),
});

/** Answers a control call. */
export async function control(
  on: Controlled,
  method: string,
  path: string,
  body: string,
): Promise<ControlAnswer> {
  const act = controls[`${method} ${path}`];
  if (!act) {
    const known = Object.keys(controls).some((key) => key.endsWith(` ${path}`));
    return known
      ? { status: 405, json: { error: `${path} does not take ${method}` } }
      : { status: 404, json: { error: `no control call ${path}` } };
  }
  try {
    return await act(on, body === '' ? {} : parseJson(body));
  } catch (error) {
    if (error instanceof BadInput || error instanceof PushNotConfigured) {
      return { status: 400, json: { error: error.message } };
    }
    if (error instanceof AuthorizeError) {
      const code = error.code === undefined ? '' : `${error.code}: `;
      return { status: 400, json: { error: code + error.message } };
    }
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput('the body is not JSON');
  }
}

function parseBody<T extends z.core.$ZodType>(schema: T, body: unknown): z.output<T> {
  return parse(schema, body, (problems) => new BadInput(problems));
}

/** Else whoever steers the simulator could have it ask what only this machine can reach. */
function requirePushTarget(field: string, url: string | undefined, hosts: readonly string[]): void {
  if (url === undefined || isPushTarget(url, hosts)) return;
  const { hostname } = new URL(url);
  throw new BadInput(
    `${field}: pushes go to this machine only; ${programs.simulatorWith} --push-host ${hostname} allows that host`,
  );
}

function knownAccount(world: World, appid: string): Account {
  const account = world.account(appid);
  if (!account) throw new BadInput('appid: no such account');
  return account;
}

function view(account: Account): unknown {
  const { options } = account;
  return { appid: account.appid, followers: account.followers.total, options };
}
