/** What an errcode means for the caller, in as few words as there are different things to do. */
export type ErrcodeKind =
  /** -1: WeChat was busy; it may or may not have acted. */
  | 'busy'
  /** The access token in the call is not accepted (any more). */
  | 'token_rejected'
  /** The appid or AppSecret is wrong, missing or frozen. */
  | 'credentials_refused'
  /** The calling IP address is not on the account's allow-list. */
  | 'ip_not_allowed'
  /** The account's administrator has been asked to confirm the calling IP address. */
  | 'needs_confirmation'
  /** The administrator refused the calling IP address; WeChat blocks it for a time. */
  | 'blocked'
  /** The calls of the day (or of the month, 48006) are used up. */
  | 'quota_day'
  /** The calls of the minute are used up. */
  | 'quota_minute'
  /** The account, or the user's scope, does not carry the permission. */
  | 'not_permitted'
  /** The openid does not belong to this account (or, in a follower list, is no place to go on from). */
  | 'openid_unknown'
  /** The authorization code is wrong, expired or of another account. */
  | 'code_invalid'
  /** The authorization code was exchanged moments ago. */
  | 'code_used'
  /** The user's grant has ended: only a new authorization helps. */
  | 'grant_gone'
  /** The call itself is malformed: a fault in this program. */
  | 'bad_request'
  /** An errcode that is not in the table. */
  | 'other';

/** One row of the errcode table. */
export interface ErrcodeMeaning {
  readonly kind: ErrcodeKind;
  /** Whether the cause is expected to pass by itself within seconds or minutes. */
  readonly retryable: boolean;
  /** What a person should do. */
  readonly advice: string;
}

const lasting = (kind: ErrcodeKind, advice: string): ErrcodeMeaning => ({ kind, retryable: false, advice });
const passing = (kind: ErrcodeKind, advice: string): ErrcodeMeaning => ({ kind, retryable: true, advice });

const tokenRejected = passing(
  'token_rejected',
  'Nothing, if it happens now and then: the token is renewed and the call repeated. If it goes on, something else mints tokens for this account; let it ask this service instead.',
);
const wrongSecret = lasting(
  'credentials_refused',
  'Copy the AppSecret from the account console again: this one is wrong, or has been reset. `account rotate-secret` stores another, or `account add` where the account is not registered yet.',
);
const wrongAppId = lasting(
  'credentials_refused',
  'Check that the appid is the one that the account console shows.',
);
const missingCredential = lasting(
  'credentials_refused',
  'Store the AppSecret again with `account rotate-secret`: the appid or the AppSecret arrived empty.',
);
const punished = lasting(
  'not_permitted',
  'Log in to the account console: WeChat restricts this account, and its notices say why and how to appeal.',
);
const malformed = lasting('bad_request', 'Report this as a fault of the software: the call was malformed.');
const unknownRequestId = lasting(
  'bad_request',
  'Check the rid: it is kept for 7 days, and only its own account may look it up.',
);
const grantGone = lasting(
  'grant_gone',
  'Send the user through the authorization page again; the stored grant is of no more use.',
);
const userTokenRejected = passing(
  'token_rejected',
  "Nothing: the user's token is renewed from the grant. It says nothing about the account's own token.",
);
const addressNotAllowed = lasting(
  'ip_not_allowed',
  'Add the outgoing IP address of this service to the IP allow-list in the account console; an edit takes some minutes to act.',
);

/**
 * Every errcode that the API pages and reports name for the calls of this service.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_access_token.html,
 * https://developers.weixin.qq.com/doc/channels/API/basics/commErrCode.html and the page of each call.
 */
const ERRCODES = {
  [-1]: passing('busy', 'Nothing: WeChat is busy, and the call is repeated a little later.'),

  40001: tokenRejected,
  40014: tokenRejected,
  41001: malformed,
  42001: tokenRejected,

  40002: lasting(
    'credentials_refused',
    'Report this as a fault of the software: the grant_type was not accepted.',
  ),
  40013: wrongAppId,
  40125: wrongSecret,
  40243: lasting(
    'credentials_refused',
    'Unfreeze the AppSecret in the account console; it takes about 10 minutes to act.',
  ),
  41002: missingCredential,
  41004: missingCredential,

  40164: addressNotAllowed,
  61004: addressNotAllowed,
  89501: lasting(
    'needs_confirmation',
    "Let the account's administrator answer the request in WeChat: the confirmation of the IP address is still open. Until then do not repeat the call.",
  ),
  89503: lasting(
    'needs_confirmation',
    "Let the account's administrator confirm the IP address in WeChat, or add it to the IP allow-list in the account console. Until then do not repeat the call.",
  ),
  89506: lasting(
    'blocked',
    'The administrator refused this IP address twice, and WeChat blocks it for 24 hours. Settle it with the administrator, then wait.',
  ),
  89507: lasting(
    'blocked',
    'The administrator refused this IP address, and WeChat blocks it for 1 hour. Settle it with the administrator, then wait.',
  ),

  45009: lasting(
    'quota_day',
    "The calls of the day are used up until midnight in China. Find what spends them; the account console can reset the count 10 times a month, and the quota is shared with everything else that uses the account's appid.",
  ),
  45011: passing(
    'quota_minute',
    'Call more slowly: the count of the minute is used up, and starts anew with the next.',
  ),
  48006: lasting('quota_day', 'The 10 quota resets of this month are used up; wait for the next day.'),

  48001: lasting(
    'not_permitted',
    'Check in the account console that the account has this API: it needs a verified account of the right type.',
  ),
  48004: punished,
  50001: lasting('not_permitted', 'Check in the account console that this API is granted to the account.'),
  50002: lasting(
    'not_permitted',
    'Check the state of the account in its console: it is frozen, migrated or cancelled.',
  ),
  50004: punished,

  40003: lasting(
    'openid_unknown',
    'Check the openid: it is not one of this account. Every account knows the same person by another openid.',
  ),

  40029: lasting('code_invalid', 'Send the user through the authorization page again for a new code.'),
  40163: lasting(
    'code_used',
    'Send the user through the authorization page again; the code was exchanged moments ago, often because the browser called back twice.',
  ),
  41008: lasting('code_invalid', 'Send the user through the authorization page again: the code was missing.'),
  42003: lasting('code_invalid', 'Send the user through the authorization page again: the code had expired.'),

  40030: grantGone,
  41003: malformed,
  42002: grantGone,
  42007: grantGone,

  40032: malformed,
  40066: malformed,
  43002: malformed,
  43003: lasting('bad_request', 'Set the WeChat base URL to https.'),
  44002: malformed,
  47001: malformed,

  40201: lasting('bad_request', 'Set the message push URL in the account console first.'),
  40202: malformed,
  40203: malformed,
  76001: unknownRequestId,
  76002: unknownRequestId,
  76003: unknownRequestId,
  76021: lasting('bad_request', 'Check the API path: it begins with a slash, without host and query.'),
  76022: lasting('not_permitted', 'This account may not ask about this API path.'),
} satisfies Record<number, ErrcodeMeaning>;

const BY_ERRCODE: Readonly<Record<number, ErrcodeMeaning | undefined>> = ERRCODES;

/** What the same number means on calls where it means something else. */
const MINT: Readonly<Record<number, ErrcodeMeaning | undefined>> = {
  // No token travels in these calls; the page gives 40001 for a wrong AppSecret (in practice it is 40125).
  40001: wrongSecret,
};
const STABLE_MINT: Readonly<Record<number, ErrcodeMeaning | undefined>> = {
  ...MINT,
  // Accounts meet it far below the documented 500,000 a day, and it can pass before midnight.
  45009: lasting(
    'quota_day',
    'WeChat is asked again every 10 minutes. Reset the count: quota clear, 10 times a month. Or change to classic mode, which has a count of its own, if nothing else mints for this account: account set-mode <account> classic.',
  ),
};
const GRANT_REFRESH: Readonly<Record<number, ErrcodeMeaning | undefined>> = {
  // There is no code in this call: the one errcode its page lists can only speak of the refresh token.
  40029: grantGone,
};
const USER: Readonly<Record<number, ErrcodeMeaning | undefined>> = {
  40001: userTokenRejected,
  40014: userTokenRejected,
  42001: userTokenRejected,
  48001: lasting(
    'not_permitted',
    'Ask for the scope snsapi_userinfo: the user granted snsapi_base only, which does not open the profile.',
  ),
};

const UNKNOWN = lasting('other', 'Look the errcode up in the WeChat documentation, with the rid at hand.');

/** The one call whose one-time code is spent even by a failure. */
const CODE_EXCHANGE = '/sns/oauth2/access_token';

const BY_API: Readonly<Record<string, Readonly<Record<number, ErrcodeMeaning | undefined>> | undefined>> = {
  '/cgi-bin/token': MINT,
  '/cgi-bin/stable_token': STABLE_MINT,
  [CODE_EXCHANGE]: MINT,
  '/sns/oauth2/refresh_token': GRANT_REFRESH,
  '/sns/userinfo': USER,
  '/sns/auth': USER,
};

/** The meaning of an errcode (not 0) on one API, named by its path. Unknown codes are of kind `other`. */
export function meaningOf(errcode: number, api: string): ErrcodeMeaning {
  const meaning = BY_API[api]?.[errcode] ?? BY_ERRCODE[errcode] ?? UNKNOWN;
  if (spendsCode(api) && meaning.retryable) return lasting(meaning.kind, CODE_SPENT_ADVICE);
  return meaning;
}

/** What to do after a failure of the code exchange that elsewhere would pass by itself. */
export const CODE_SPENT_ADVICE =
  'Send the user through the authorization page again: the exchange is never repeated, as even a failed one may have spent the code.';

/** Whether a call spends a one-time code, whatever comes of it. */
export function spendsCode(api: string): boolean {
  return api === CODE_EXCHANGE;
}
