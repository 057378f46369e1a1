import { isIPv4, isIPv6 } from 'node:net';
import { CODE_SPENT_ADVICE, meaningOf, spendsCode, type ErrcodeKind } from './errcodes.ts';
import { redact } from './redact.ts';

/**
 * Whether WeChat acted on a failed call. `refused`: surely not. `unknown`: it may have (a token may have been
 * minted, a code spent) and only the answer got lost.
 */
export type Outcome = 'refused' | 'unknown';

interface WeChatErrorFields {
  readonly code: string;
  readonly api: string;
  readonly retryable: boolean;
  readonly advice: string;
  readonly outcome: Outcome;
}

/**
 * Any failure of a call to WeChat. It carries no secret in any of its fields, its message or its stack, and has
 * no `cause`: what the platform's HTTP client and JSON parser throw can hold a URL or a piece of an answer.
 */
export abstract class WeChatError extends Error {
  abstract override readonly name: string;
  /** A stable word for programs, `wechat_` and the kind or reason, such as `wechat_ip_not_allowed`. */
  readonly code: string;
  /** The path of the API, such as `/cgi-bin/token`. */
  readonly api: string;
  /**
   * Whether the cause is expected to pass by itself within seconds or minutes. It does not say that sending the
   * same call twice is harmless: for that see `outcome`, and `idempotent` of the call.
   */
  readonly retryable: boolean;
  /** What a person should do. */
  readonly advice: string;
  readonly outcome: Outcome;

  protected constructor(message: string, fields: WeChatErrorFields) {
    super(message);
    this.code = fields.code;
    this.api = fields.api;
    this.retryable = fields.retryable;
    this.advice = fields.advice;
    this.outcome = fields.outcome;
  }
}

/** Enough for every errmsg seen; a longer text is no errmsg. */
const ERRMSG_MAX_CHARACTERS = 500;

/** WeChat answered with an errcode other than 0. Its outcome is `refused`, except for -1. */
export class WeChatApiError extends WeChatError {
  override readonly name = 'WeChatApiError';
  readonly errcode: number;
  /** The text WeChat sent, with the secrets of the call taken out. */
  readonly errmsg: string;
  readonly kind: ErrcodeKind;
  /** WeChat's id of the request, by which its support (and `/cgi-bin/openapi/rid/get`) finds it for 7 days. */
  declare readonly rid?: string;
  /** The calling address as WeChat saw it, of IPv4 where there is one, where the error is about that address. */
  declare readonly ip?: string;

  constructor(answer: {
    readonly api: string;
    readonly errcode: number;
    readonly errmsg: string;
    /** The values that were sent and must not be repeated. */
    readonly secrets: readonly string[];
    /** The fixed address that WeChat should have seen, where the caller has one. */
    readonly ownAddress?: string | undefined;
  }) {
    const { api, errcode } = answer;
    const errmsg = printable(redact(answer.errmsg, answer.secrets)).slice(0, ERRMSG_MAX_CHARACTERS);
    const meaning = meaningOf(errcode, api);
    const ip = ADDRESS_KINDS.has(meaning.kind) ? findAddress(errmsg) : undefined;
    super(`${api} answered errcode ${errcode}: ${errmsg}`, {
      code: `wechat_${meaning.kind}`,
      api,
      retryable: meaning.retryable,
      advice: [meaning.advice, ...saidOfAddress(meaning.kind, ip, answer.ownAddress)].join(' '),
      outcome: meaning.kind === 'busy' ? 'unknown' : 'refused',
    });
    this.errcode = errcode;
    this.errmsg = errmsg;
    this.kind = meaning.kind;
    const rid = findRid(errmsg);
    if (rid !== undefined) this.rid = rid;
    if (ip !== undefined) this.ip = ip;
  }
}

/** What to add to advice about addresses: which one to allow, and whether it is the one that is meant to be seen. */
function saidOfAddress(kind: ErrcodeKind, seen: string | undefined, own: string | undefined): string[] {
  if (!ADDRESS_KINDS.has(kind)) return [];
  if (own === undefined) return seen === undefined ? [] : [`The address is ${seen}.`];
  if (seen === undefined || seen === own) return [`The address is ${own}, this deployment's fixed address.`];
  return [
    `WeChat saw ${seen}, which is not this deployment's fixed address ${own}: check the way out (NAT, proxy) before you allow it.`,
  ];
}

/** Why there was no answer, or none that can be used. */
export type UnreachableReason =
  /** No complete answer within the deadline. */
  | 'timeout'
  /** There was no time left to send it, so that nothing was sent. */
  | 'late'
  /** The connection was not accepted, so that nothing was sent. */
  | 'refused'
  /** The connection broke before the answer was complete. */
  | 'reset'
  /** The host name was not found. */
  | 'dns'
  /** The server's certificate was not accepted, so that nothing was sent. */
  | 'tls'
  /** Any other fault on the way, such as bytes that are not HTTP. */
  | 'network'
  /** An HTTP status other than 2xx; redirects are not followed. */
  | 'http_status'
  | 'empty_body'
  | 'not_json'
  | 'too_large'
  /** JSON, but not what the API promises; `path` names the field. */
  | 'unexpected_shape';

interface ReasonMeaning {
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly says: string;
  readonly advice: string;
}

const NETWORK_ADVICE =
  'If this goes on, check the outgoing network (NAT, route, DNS) and the WeChat base URL.';
const ANSWER_ADVICE =
  'Check that the WeChat base URL points at WeChat, and that no proxy answers in its place. If it does, report this as a fault of the software.';

const REASONS = {
  timeout: {
    retryable: true,
    outcome: 'unknown',
    says: 'gave no complete answer in time',
    advice: NETWORK_ADVICE,
  },
  late: {
    retryable: true,
    outcome: 'refused',
    says: 'was not called, as there was no time left',
    advice: NETWORK_ADVICE,
  },
  refused: { retryable: true, outcome: 'refused', says: 'accepted no connection', advice: NETWORK_ADVICE },
  reset: { retryable: true, outcome: 'unknown', says: 'broke the connection', advice: NETWORK_ADVICE },
  dns: { retryable: true, outcome: 'refused', says: 'could not be found by name', advice: NETWORK_ADVICE },
  tls: { retryable: false, outcome: 'refused', says: 'showed no valid certificate', advice: ANSWER_ADVICE },
  network: { retryable: true, outcome: 'unknown', says: 'could not be talked to', advice: NETWORK_ADVICE },
  http_status: {
    retryable: false,
    outcome: 'refused',
    says: 'answered with an HTTP error',
    advice: ANSWER_ADVICE,
  },
  empty_body: {
    retryable: true,
    outcome: 'unknown',
    says: 'answered with an empty body',
    advice: ANSWER_ADVICE,
  },
  not_json: {
    retryable: true,
    outcome: 'unknown',
    says: 'answered something other than JSON',
    advice: ANSWER_ADVICE,
  },
  too_large: {
    retryable: false,
    outcome: 'unknown',
    says: 'answered more than is taken in',
    advice: ANSWER_ADVICE,
  },
  unexpected_shape: {
    retryable: false,
    outcome: 'unknown',
    says: 'answered JSON of an unexpected shape',
    advice: ANSWER_ADVICE,
  },
} satisfies Record<UnreachableReason, ReasonMeaning>;

/** The call brought no usable answer: the network failed, or what came back is not what the API promises. */
export class WeChatUnreachableError extends WeChatError {
  override readonly name = 'WeChatUnreachableError';
  readonly reason: UnreachableReason;
  /** The HTTP status, where one came back. */
  declare readonly status?: number;
  /** For `unexpected_shape`: the first field that is wrong, such as `data.openid[3]`. */
  declare readonly path?: string;
  /** For faults on the way: the system's own word for it, such as `ECONNRESET`. */
  declare readonly fault?: string;

  constructor(failure: {
    readonly api: string;
    readonly reason: UnreachableReason;
    readonly status?: number | undefined;
    readonly path?: string | undefined;
    readonly fault?: string | undefined;
  }) {
    const { api, reason, status, path, fault } = failure;
    const meaning = meaningOfReason(reason, status);
    const detail = [status === undefined ? undefined : `HTTP ${status}`, path, fault]
      .filter((part) => part !== undefined)
      .join(', ');
    super(`${api} ${meaning.says}${detail === '' ? '' : ` (${detail})`}`, {
      code: `wechat_${reason}`,
      api,
      retryable: meaning.retryable && !spendsCode(api),
      advice: spendsCode(api) ? `${CODE_SPENT_ADVICE} ${meaning.advice}` : meaning.advice,
      outcome: meaning.outcome,
    });
    this.reason = reason;
    if (status !== undefined) this.status = status;
    if (path !== undefined) this.path = path;
    if (fault !== undefined) this.fault = fault;
  }
}

function meaningOfReason(reason: UnreachableReason, status: number | undefined): ReasonMeaning {
  const meaning: ReasonMeaning = REASONS[reason];
  if (reason !== 'http_status' || status === undefined) return meaning;
  return {
    ...meaning,
    retryable: status >= 500 || status === 429,
    // A 4xx says that the request was not taken up. A gateway's 5xx, or a redirect, says nothing of what is behind it.
    outcome: status >= 400 && status < 500 ? 'refused' : 'unknown',
  };
}

const ADDRESS_KINDS: ReadonlySet<ErrcodeKind> = new Set(['ip_not_allowed', 'needs_confirmation', 'blocked']);

/** `… rid: x` on cgi-bin, `…, rid: x` on sns. */
function findRid(errmsg: string): string | undefined {
  return /(?:^|[\s,])rid: ?([0-9a-f]+(?:-[0-9a-f]+)+)/iu.exec(errmsg)?.[1];
}

/** The text may hold the address twice, plain and as `::ffff:` and the same; or one of IPv6 alone. */
function findAddress(errmsg: string): string | undefined {
  return (
    errmsg.match(/\d{1,3}(?:\.\d{1,3}){3}/gu)?.find((candidate) => isIPv4(candidate)) ??
    errmsg.match(/[0-9a-f:]{3,39}/giu)?.find((candidate) => isIPv6(candidate))
  );
}

/** Control characters would let an answer write lines of its own into a log. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
