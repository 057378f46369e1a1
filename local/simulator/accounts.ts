import { hash } from 'node:crypto';

import * as z from 'zod/mini';

import { announce } from '../diagnostics.ts';

import { Followers } from './followers.ts';
import { Media } from './media.ts';
import { OAuth } from './oauth.ts';
import { Quota, type QuotaLimits } from './quota.ts';
import { Templates } from './templates.ts';
import { GlobalTokens, Tickets } from './tokens.ts';

const count = z.int().check(z.minimum(0));
const seconds = count;
const errcode = z.int();
const limits = z.record(z.string().check(z.startsWith('/')), count);

/** The options of an account as the control API takes them. docs/simulator.md tells each one's source. */
export const optionsSchema = z.strictObject({
  verified: z.optional(z.boolean()),
  sandbox: z.optional(z.boolean()),
  banned: z.optional(z.boolean()),
  secret_frozen: z.optional(z.boolean()),
  open_platform: z.optional(z.boolean()),
  ip_allow_list: z.optional(z.nullable(z.array(z.string()))),
  ip_allow_list_scope: z.optional(z.enum(['token', 'all'])),
  token_lifetime_s: z.optional(z.int().check(z.minimum(1), z.maximum(7200))),
  overlap_s: z.optional(seconds),
  unknown_token_errcode: z.optional(errcode),
  strict_methods: z.optional(z.boolean()),
  daily_token_limit: z.optional(count),
  force_limit: z.optional(count),
  force_limit_errcode: z.optional(errcode),
  force_guard_s: z.optional(seconds),
  daily_limits: z.optional(limits),
  minute_limits: z.optional(limits),
  count_rejected: z.optional(z.boolean()),
  batchget_counts: z.optional(z.enum(['calls', 'entries'])),
  batchget_unknown: z.optional(z.enum(['refuse', 'shift'])),
  ticket_reuse: z.optional(z.boolean()),
  list_goes_round: z.optional(z.boolean()),
  page_size: z.optional(z.int().check(z.minimum(1), z.maximum(10_000))),
  unsubscribed_shape: z.optional(z.enum(['emptied', 'bare', 'unionid'])),
  redirect_domains: z.optional(z.nullable(z.array(z.string()))),
  state_required: z.optional(z.boolean()),
  denial: z.optional(z.enum(['redirect', 'none'])),
  silent_for_followers: z.optional(z.boolean()),
  code_lifetime_s: z.optional(seconds),
  code_expired_errcode: z.optional(errcode),
  code_reuse_window_s: z.optional(seconds),
  sns_token_lifetime_s: z.optional(seconds),
  refresh_token_lifetime_s: z.optional(seconds),
  refresh_expired_errcode: z.optional(errcode),
  revoked_grant_errcode: z.optional(errcode),
  rotate_refresh_token: z.optional(z.boolean()),
  unionid_with_base: z.optional(z.boolean()),
  scope_style: z.optional(z.enum(['plain', 'trailing_comma', 'both'])),
  snapshot_userinfo: z.optional(z.enum(['virtual', 'unauthorized'])),
  original_id: z.optional(z.string()),
  push_token: z.optional(z.string().check(z.regex(/^[A-Za-z0-9]{3,32}$/))),
  encoding_aes_key: z.optional(z.string().check(z.regex(/^[A-Za-z0-9]{43}$/))),
  push_url: z.optional(z.url()),
  push_retries: z.optional(count),
  push_timeout_ms: z.optional(z.int().check(z.minimum(1))),
});

type GivenOptions = z.infer<typeof optionsSchema>;

/** What the control API takes to make an account. */
export const accountSchema = z.strictObject({
  appid: z.string().check(z.minLength(1)),
  secret: z.string().check(z.minLength(1)),
  followers: z._default(z.int().check(z.minimum(0), z.maximum(1_000_000_000)), 0),
  options: z._default(optionsSchema, {}),
});

/** An account to be made. */
export type AccountInput = z.input<typeof accountSchema>;

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** An account's options with every default filled in; push options stay absent until they are given. */
export type AccountOptions = Resolved<Omit<GivenOptions, 'push_token' | 'encoding_aes_key' | 'push_url'>> &
  Pick<GivenOptions, 'push_token' | 'encoding_aes_key' | 'push_url'>;

function resolveOptions(appid: string, given: GivenOptions): AccountOptions {
  const sandbox = given.sandbox ?? false;
  if (given.push_token !== undefined) announce('push token', given.push_token);
  if (given.encoding_aes_key !== undefined) announce('AES key', given.encoding_aes_key);
  return {
    verified: given.verified ?? true,
    sandbox,
    banned: given.banned ?? false,
    secret_frozen: given.secret_frozen ?? false,
    open_platform: given.open_platform ?? true,
    ip_allow_list: given.ip_allow_list ?? null,
    ip_allow_list_scope: given.ip_allow_list_scope ?? 'token',
    token_lifetime_s: given.token_lifetime_s ?? 7200,
    overlap_s: given.overlap_s ?? 300,
    unknown_token_errcode: given.unknown_token_errcode ?? 40001,
    strict_methods: given.strict_methods ?? false,
    daily_token_limit: given.daily_token_limit ?? (sandbox ? 200 : 2000),
    force_limit: given.force_limit ?? 20,
    force_limit_errcode: given.force_limit_errcode ?? 45009,
    force_guard_s: given.force_guard_s ?? 30,
    daily_limits: given.daily_limits ?? {},
    minute_limits: given.minute_limits ?? {},
    count_rejected: given.count_rejected ?? false,
    batchget_counts: given.batchget_counts ?? 'calls',
    batchget_unknown: given.batchget_unknown ?? 'refuse',
    ticket_reuse: given.ticket_reuse ?? true,
    list_goes_round: given.list_goes_round ?? false,
    page_size: given.page_size ?? 10_000,
    unsubscribed_shape: given.unsubscribed_shape ?? 'emptied',
    redirect_domains: given.redirect_domains ?? null,
    state_required: given.state_required ?? false,
    denial: given.denial ?? 'redirect',
    silent_for_followers: given.silent_for_followers ?? false,
    code_lifetime_s: given.code_lifetime_s ?? 300,
    code_expired_errcode: given.code_expired_errcode ?? 40029,
    code_reuse_window_s: given.code_reuse_window_s ?? 300,
    sns_token_lifetime_s: given.sns_token_lifetime_s ?? 7200,
    refresh_token_lifetime_s: given.refresh_token_lifetime_s ?? 30 * 86_400,
    refresh_expired_errcode: given.refresh_expired_errcode ?? 42002,
    revoked_grant_errcode: given.revoked_grant_errcode ?? 42007,
    rotate_refresh_token: given.rotate_refresh_token ?? false,
    unionid_with_base: given.unionid_with_base ?? false,
    scope_style: given.scope_style ?? 'plain',
    snapshot_userinfo: given.snapshot_userinfo ?? 'virtual',
    original_id: given.original_id ?? `gh_${hash('sha256', appid, 'hex').slice(0, 12)}`,
    push_token: given.push_token,
    push_url: given.push_url,
    encoding_aes_key: given.encoding_aes_key,
    push_retries: given.push_retries ?? 2,
    push_timeout_ms: given.push_timeout_ms ?? 5000,
  };
}

function quotaLimits(options: AccountOptions): QuotaLimits {
  const daily = {
    '/cgi-bin/token': options.daily_token_limit,
    '/cgi-bin/stable_token': 500_000,
    '/cgi-bin/user/get': options.sandbox ? 100 : 500,
    '/cgi-bin/user/info': 500_000,
    ...options.daily_limits,
  };
  const minute = {
    '/cgi-bin/stable_token': 10_000,
    '/sns/oauth2/access_token': 50_000,
    '/sns/oauth2/refresh_token': 50_000,
    '/sns/userinfo': 50_000,
    ...options.minute_limits,
  };
  return { daily: new Map(Object.entries(daily)), minute: new Map(Object.entries(minute)) };
}

/** One Official Account with everything the platform knows about it. */
export class Account {
  readonly appid: string;
  /** Which account this is since the last reset: part of the addresses of its users' pictures. */
  readonly ordinal: number;
  readonly followers: Followers;
  readonly tokens = new GlobalTokens();
  readonly tickets = new Tickets();
  readonly oauth = new OAuth();
  readonly quota = new Quota();
  readonly media = new Media();
  readonly templates = new Templates();
  #secret: string;
  #given: GivenOptions;
  #options: AccountOptions;
  #limits: QuotaLimits;

  constructor(input: AccountInput, at: { ordinal: number; seed: number; now: number }) {
    this.appid = input.appid;
    this.ordinal = at.ordinal;
    this.followers = new Followers({
      appid: input.appid,
      seed: at.seed,
      count: input.followers ?? 0,
      since: at.now,
    });
    this.#secret = announce('AppSecret', input.secret);
    this.#given = input.options ?? {};
    this.#options = resolveOptions(this.appid, this.#given);
    this.#limits = quotaLimits(this.#options);
  }

  get secret(): string {
    return this.#secret;
  }

  get options(): AccountOptions {
    return this.#options;
  }

  get limits(): QuotaLimits {
    return this.#limits;
  }

  /** Changes options on a living account; a new secret kills the global tokens, without a grace period. */
  change(secret: string | undefined, options: GivenOptions): void {
    if (secret !== undefined && secret !== this.#secret) {
      this.#secret = announce('AppSecret', secret);
      this.tokens.revoke();
    }
    this.#given = { ...this.#given, ...options };
    this.#options = resolveOptions(this.appid, this.#given);
    this.#limits = quotaLimits(this.#options);
  }
}
