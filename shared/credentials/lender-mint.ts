import * as z from 'zod/mini';
import type { SecretStore } from '../accounts/secrets.ts';
import type { Clock } from '../platform/clock.ts';
import { readBody } from '../platform/read-body.ts';
import { lifeSeconds, text } from '../wechat/answer.ts';
import { type AppId, globalAccessTokenSchema } from '../wechat/tokens.ts';
import type { TicketKind } from './credential.ts';
import type { Mint } from './mint.ts';
import { lenderRequestSeconds } from './timing.ts';
import { ticketTypes } from './wechat-mint.ts';

/** The deployment that an account is borrowed from gave nothing. Holds no secret. */
export class LenderError extends Error {
  override readonly name = 'LenderError';
  /** `lender_refused`: a person must act. `lender_unreachable`: it may pass by itself. */
  readonly code: 'lender_refused' | 'lender_unreachable';
  /** What a person can do about it. */
  readonly advice: string;
  /** Seconds after which the lender wants to be asked again, where it said so. */
  readonly retryAfter: number | undefined;

  constructor(code: LenderError['code'], message: string, advice: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.advice = advice;
    this.retryAfter = retryAfter;
  }
}

const tokenSchema = z.object({ access_token: globalAccessTokenSchema, expires_in: lifeSeconds });
const ticketSchema = z.object({ ticket: text, expires_in: lifeSeconds });
const problemSchema = z.object({ code: z.string().check(z.regex(/^[a-z_]{1,64}$/)) });

/** A token or a ticket has some hundred. */
const maxAnswerBytes = 64 * 1024;

/** A request to the deployment that lends an account. `until` is as for a mint. */
interface LenderRequest<T> {
  readonly appId: AppId;
  /** The lender's public address. */
  readonly origin: string;
  /** Behind the account's own path. */
  readonly path: string;
  readonly until: number;
  readonly schema: z.ZodMiniType<T>;
  /** @default the one that is stored */
  readonly key?: string;
  /** Sent as JSON, with POST. */
  readonly body?: object;
}

/**
 * What another deployment of this service lends of an account: its token and its tickets, by an API key with
 * `token:read` (docs/broker.md). The AppSecret stays there. Throws {@link LenderError}.
 */
export class Lender {
  readonly #secrets: SecretStore;
  readonly #clock: Clock;

  constructor(secrets: SecretStore, clock: Clock) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /**
   * The token as the lender has it. With `force` WeChat rejects that one: the lender is told, and answers with the
   * one to use, which is another if WeChat confirms it.
   */
  readonly mintToken: Mint = async ({ appId, lender: origin = '' }, { force, until }) => {
    const about = { appId, origin, until, schema: tokenSchema };
    const present = await this.#ask({ ...about, path: '/token' });
    if (!force) return { value: present.access_token, expiresIn: present.expires_in };
    const body = { access_token: present.access_token };
    const other = await this.#ask({ ...about, path: '/token/report', body });
    return { value: other.access_token, expiresIn: other.expires_in };
  };

  /** Fetches the token with a key that is not stored yet, which shows whether that key works. */
  async tryKey(
    appId: AppId,
    { origin, key, until }: { readonly origin: string; readonly key: string; readonly until: number },
  ): Promise<void> {
    await this.#ask({ appId, origin, key, until, path: '/token', schema: tokenSchema });
  }

  /** Gets a ticket as the lender has it. */
  mintTicket(kind: TicketKind): Mint {
    return async ({ appId, lender: origin = '' }, { until }) => {
      const path = `/ticket?type=${ticketTypes[kind]}`;
      const { ticket, expires_in } = await this.#ask({
        appId,
        origin,
        path,
        until,
        schema: ticketSchema,
      });
      return { value: ticket, expiresIn: expires_in };
    };
  }

  async #ask<T>({ appId, origin, path, until, schema, body, ...given }: LenderRequest<T>): Promise<T> {
    const key = given.key ?? (await this.#secrets.getLenderKey(appId));
    const seconds = Math.min(lenderRequestSeconds, until - this.#clock.now());
    if (seconds <= 0) throw unreachable(`${origin} was not asked: there was no time left.`);
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
    let status: number;
    let answer: unknown;
    let retryAfter: number | undefined;
    try {
      const response = await fetch(`${origin}/v1/accounts/${appId}${path}`, {
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(seconds * 1000),
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      });
      ({ status } = response);
      retryAfter = Number(response.headers.get('retry-after')) || undefined;
      const bytes = await readBody(response.body, maxAnswerBytes);
      answer = JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      // Without its cause: what the platform throws can quote the answer.
      throw unreachable(`${origin} gave no usable answer.`);
    }
    if (status === 200) {
      const { success, data } = schema.safeParse(answer);
      if (success) return data;
      throw unreachable(`${origin} answered something other than a deployment of this service does.`);
    }
    throw refusal(origin, status, answer, retryAfter);
  }
}

function refusal(origin: string, status: number, answer: unknown, retryAfter?: number): LenderError {
  const code = problemSchema.safeParse(answer).data?.code ?? 'no problem document';
  const message = `${origin} answered ${status} (${code}).`;
  if (status !== 401 && status !== 403 && status !== 404) return unreachable(message, retryAfter);
  return new LenderError(
    'lender_refused',
    message,
    'Make a key with the scope token:read for this account at the deployment that lends it, and give it to `account rotate-secret` here, or to `account add` where the account is not registered yet.',
  );
}

function unreachable(message: string, retryAfter?: number): LenderError {
  const advice = 'Look at the health of the deployment that lends the account, and at the way to it.';
  return new LenderError('lender_unreachable', message, advice, retryAfter);
}
