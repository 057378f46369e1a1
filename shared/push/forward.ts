import * as http from 'node:http';
import * as https from 'node:https';
import type { PushSecrets } from '../accounts/secrets.ts';
import { aborted } from '../platform/aborted.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { readBody } from '../platform/read-body.ts';
import { systemCode } from '../platform/system-code.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { forwardTarget, guardedLookup, type ForwardRules } from './forward-address.ts';
import { passiveReply } from './passive-reply.ts';

/** The parameters that WeChat pushes with, in its order. Others are not passed on: nobody has signed them. */
const parameters = ['signature', 'timestamp', 'nonce', 'openid', 'encrypt_type', 'msg_signature'] as const;

/** A push that has been verified, as it came, and whose it is. */
export interface ForwardedPush {
  /** Where the account's pushes are forwarded. */
  readonly address: string;
  readonly account: { readonly appId: AppId; readonly secrets: PushSecrets };
  readonly query: Readonly<Partial<Record<(typeof parameters)[number], string | undefined>>>;
  readonly body: string;
  /** Whether the signature covers the message. */
  readonly isBodySigned: boolean;
  readonly delivery: Delivery;
}

export interface ForwardParts {
  readonly rules: ForwardRules;
  readonly deliveries: Pick<Deliveries, 'claimForward'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** As long as a push may be: a reply has at most 2,048 bytes of text, and news a few kilobytes. */
const maxAnswerBytes = 64 * 1024;

/** Nothing came of it, and why. */
class ForwardError extends Error {
  override readonly name = 'ForwardError';
  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, { status, ...options }: ErrorOptions & { readonly status?: number } = {}) {
    super(code, options);
    this.code = code;
    this.status = status;
  }
}

/**
 * Posts a push to the deployer's back end, once however often WeChat sends it, and returns the XML that WeChat is to be
 * answered with. Undefined where that is `success`: the back end says so, somebody else is forwarding the push or has,
 * or something is wrong with the way there or with the answer. Never throws; is over when `signal` says so.
 */
export async function forwardPush(
  parts: ForwardParts,
  push: ForwardedPush,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { log, metrics } = parts;
  const { appId: account } = push.account;
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  try {
    const answer = await Promise.race([
      answerOf(parts, push, signal),
      aborted(signal, () => new ForwardError('backend_timeout')),
    ]);
    if (answer === repeated) return undefined;
    const done = answer === undefined ? 'acknowledged' : 'answered';
    log.info('A push was forwarded.', { account, ms: ms(), done });
    metrics.put({ Forwards: 1 }, { Outcome: done });
    return answer;
  } catch (error) {
    const fault = signal.aborted ? { code: 'backend_timeout' } : faultOf(error);
    log.warn('A push could not be forwarded; WeChat was told success.', { account, ms: ms(), ...fault });
    metrics.put({ Forwards: 1 }, { Outcome: 'failed', code: fault.code });
    return undefined;
  }
}

const repeated = Symbol('repeated');

async function answerOf(
  { rules, deliveries, clock }: ForwardParts,
  push: ForwardedPush,
  signal: AbortSignal,
): Promise<string | typeof repeated | undefined> {
  const target = targetOf(push, rules);
  if (!(await claimed(deliveries, push.delivery))) return repeated;
  const answer = await textOf(await post(target, push.body, rules, signal));
  try {
    return passiveReply(answer, push.account, clock.now());
  } catch (cause) {
    throw new ForwardError('answer_unusable', { cause });
  }
}

/**
 * The address with WeChat's parameters. In safe mode it says `aes`, as WeChat does, also where somebody who sends a push
 * of WeChat's again has left that out: a back end would take what stands beside the ciphertext for the message.
 */
function targetOf({ address, query, isBodySigned }: ForwardedPush, rules: ForwardRules): URL {
  const target = forwardTarget(address, rules);
  const sent = isBodySigned ? { ...query, encrypt_type: 'aes' } : query;
  for (const name of parameters) {
    if (sent[name] !== undefined) target.searchParams.set(name, sent[name]);
  }
  return target;
}

async function claimed(deliveries: Pick<Deliveries, 'claimForward'>, delivery: Delivery): Promise<boolean> {
  try {
    return await deliveries.claimForward(delivery);
  } catch (cause) {
    throw new ForwardError('not_claimed', { cause });
  }
}

/** Over a connection of its own, to an address that is checked as it is made. Redirects are not followed. */
function post(
  target: URL,
  body: string,
  rules: ForwardRules,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) },
      agent: false,
      lookup: guardedLookup(rules),
      // So that the lookup is asked for all addresses.
      autoSelectFamily: true,
      signal,
    } as const;
    request(target, options, resolve)
      .on('error', reject)
      // All that there is of a back end that changes to another protocol. After an answer it says nothing new.
      .on('close', () => reject(new ForwardError('backend_unreachable')))
      .end(body);
  });
}

/** The answer's text. Throws ForwardError where it is no answer to a push. */
async function textOf(answer: http.IncomingMessage): Promise<string> {
  try {
    const { statusCode: status = 0, headers } = answer;
    if (status < 200 || status > 299) throw new ForwardError('backend_status', { status });
    if (!isText(headers['content-type']) || !/^(?:identity)?$/i.test(headers['content-encoding'] ?? '')) {
      throw new ForwardError('answer_unusable', { status });
    }
    const bytes = await readBody(answer, maxAnswerBytes);
    if (bytes === undefined) throw new ForwardError('answer_too_large');
    return decoded(bytes);
  } finally {
    answer.destroy();
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ForwardError('answer_unusable', { cause });
  }
}

/** Frameworks say `text/html` of whatever a program prints, and some say nothing. */
function isText(contentType = ''): boolean {
  if (contentType === '') return true;
  return /^\s*(?:text\/[\w.+-]+|application\/(?:[\w.-]+\+)?xml)\s*(?:;|$)/i.test(contentType);
}

/** What may stand in a log: no error's message, since it can quote the address or the answer. */
function faultOf(error: unknown): { code: string; status?: number | undefined; error?: string | undefined } {
  if (error instanceof ForwardError) return { code: error.code, status: error.status };
  if (error instanceof KeyringError) return { code: error.code };
  return { code: 'backend_unreachable', error: systemCode(error) };
}
