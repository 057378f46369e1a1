/**
 * Every fault the service tells a caller about: its HTTP status and its title. The key is the stable `code` of
 * the problem document (RFC 9457); callers may rely on it.
 */
export const problems = {
  unknown_parameter: { status: 400, title: 'The request has a parameter this route does not know.' },
  repeated_parameter: { status: 400, title: 'A parameter is given more than once.' },
  invalid_parameter: { status: 400, title: 'A parameter has a value that is not allowed.' },
  invalid_body: { status: 400, title: 'The body is not what this route takes.' },
  body_not_json: { status: 400, title: 'The body is not JSON.' },
  body_too_large: { status: 413, title: 'The body is too large.' },
  media_type_unsupported: { status: 415, title: 'The body must be application/json.' },
  csrf_header_missing: { status: 403, title: 'A changing call needs the header X-Keyring-CSRF.' },
  origin_not_allowed: {
    status: 403,
    title: 'The calling page is not of one of the allowed origins of this account.',
  },
  cursor_unknown: { status: 400, title: 'The cursor is not one of this list.' },
  return_to_not_allowed: {
    status: 400,
    title: 'return_to is not on the list of allowed origins of this account.',
  },
  url_not_allowed: { status: 400, title: 'The url is not of one of the allowed origins of this account.' },
  state_unknown: { status: 400, title: 'This login attempt is not known.' },
  state_expired: { status: 400, title: 'This login attempt has expired.' },
  state_used: { status: 400, title: 'This login attempt was already used.' },
  state_foreign: {
    status: 400,
    title: 'This login attempt was started in another browser or for another account.',
  },
  login_cookie_missing: { status: 400, title: 'The browser sent no cookie of this login attempt.' },
  code_refused: { status: 400, title: 'WeChat does not accept the code that this login came back with.' },
  login_unfinished: { status: 503, title: 'The first request of this login has not finished.' },
  key_missing: {
    status: 401,
    title: 'An API key is needed, in the header Authorization after the word Bearer.',
  },
  key_unknown: { status: 401, title: 'The API key is not known.' },
  session_missing: { status: 401, title: 'Nobody is logged in.' },
  session_expired: { status: 401, title: 'The session has ended. Log in again.' },
  authorization_needed: { status: 401, title: 'The user has to authorize the account again.' },
  scope_missing: { status: 403, title: 'The API key does not have the scope this route needs.' },
  account_not_allowed: { status: 403, title: 'The API key or session is not for this account.' },
  account_unknown: { status: 404, title: 'There is no such account here.' },
  account_exists: { status: 409, title: 'The account is already registered.' },
  account_borrowed: {
    status: 409,
    title: 'This account is borrowed from another deployment, which alone has its AppSecret.',
  },
  secret_unproven: { status: 422, title: 'The secret was tried and did not work, so it was not stored.' },
  mirror_not_ready: {
    status: 409,
    title: "The account's followers have not been mirrored yet, or not lately.",
  },
  answer_too_large: { status: 413, title: 'The answer is larger than what can be sent at once.' },
  sync_paused: { status: 409, title: 'Syncs of this account are paused.' },
  openid_unknown: { status: 404, title: 'The openid is not of this account.' },
  file_unknown: { status: 404, title: 'There is no such file here.' },
  push_not_configured: { status: 404, title: 'This account takes no pushes: its operator has set none up.' },
  push_signature_wrong: { status: 403, title: 'The push is not signed with the token of this account.' },
  push_expired: { status: 403, title: 'The push was signed too long ago, or for a time to come.' },
  push_replayed: { status: 403, title: 'The signature was already used for another body.' },
  push_not_encrypted: { status: 403, title: 'This account takes encrypted pushes only.' },
  push_undecryptable: {
    status: 400,
    title: 'The push is not encrypted with the EncodingAESKey of this account.',
  },
  push_foreign: { status: 403, title: 'The push is meant for another appid.' },
  forward_refused: { status: 422, title: 'Pushes are not forwarded to this address.' },
  push_not_xml: { status: 400, title: 'The body is not the XML of a push.' },
  strangers_too_many: {
    status: 429,
    title: 'Too many of the openids are of nobody who is known here to be asked about at once.',
  },
  lookup_too_slow: {
    status: 503,
    title: 'WeChat answered too slowly for all of the openids to be asked about.',
  },
  wechat_quota: { status: 429, title: "WeChat's quota for this call is used up." },
  wechat_refused: { status: 502, title: 'WeChat refused the call.' },
  wechat_unreachable: { status: 502, title: 'WeChat gave no usable answer.' },
  credential_unavailable: {
    status: 503,
    title: 'There is no valid access token for this account at the moment.',
  },
  service_busy: { status: 503, title: 'The service is busy, and did not get done in time.' },
  internal: { status: 500, title: 'Something went wrong on our side.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** Members of a problem document beside the standard ones. None of them may hold a secret or a token. */
export interface ProblemExtras {
  /** The parameter or body member at fault. */
  readonly parameter?: string;
  /** What WeChat answered, where it did. */
  readonly errcode?: number;
  readonly rid?: string;
  /** Where the user authorizes the account again. */
  readonly authorizeUrl?: string;
  /** What had been found before that. */
  readonly partial?: Readonly<Record<string, unknown>>;
  /** Seconds after which trying again makes sense; also sent as `Retry-After`. */
  readonly retryAfter?: number;
}

/** A fault with a stable code that the caller is told about. `detail` is for people and names no secret. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail?: string, extras: ProblemExtras = {}, options?: ErrorOptions) {
    const { status, title } = problems[code];
    super(detail === undefined ? `${code}: ${title}` : `${code}: ${detail}`, options);
    this.code = code;
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.extras = extras;
  }
}

/** Seconds after which to try again what took too long. */
const busySeconds = 5;

/** That there was no time left, or too much to do at once: the same request may do a little later. */
export function serviceBusy(detail?: string, options?: ErrorOptions): KeyringError {
  return new KeyringError('service_busy', detail, { retryAfter: busySeconds }, options);
}
