/**
 * What docs/openapi.json says of operations, parameters and members, for people. It stands here and not at the routes: what
 * a function carries is what its callers wait for.
 */

/** What there is to say of an operation beside its summary, and of its query parameters. */
export interface OperationDescription {
  readonly description: string;
  readonly query?: Readonly<Record<string, string>>;
}

const passed = {
  description:
    "For SDKs. Path, query and body are WeChat's. A call whose token WeChat rejects is repeated once with a new one, by the service.",
};

/** By the names of the routes. */
export const operationDescriptions: Readonly<Record<string, OperationDescription>> = {
  listFollowers: {
    description:
      'Without the mirror, WeChat is asked, in its own order. Follow `next` until there is none. A sync of one’s own wants the larger pages. `next` is absent on the last one; with a filter, a page before can be short or empty. `total` counts all followers, whatever the filter. `followers` is there with `include=profile`, which makes the most a page has 1,000.',
    query: {
      cursor: '`next` of the page before, with the same filter and order. Any other: 400 `cursor_unknown`.',
      limit: 'With `include=profile` at most 1,000; more is 400 `invalid_parameter`.',
      order: 'By when they began to follow. Needs the mirror.',
      tag: 'Those with this tag. Needs the mirror.',
      scene: 'Those who found the account so. Needs the mirror.',
      has_profile: '`true`: those whose nickname or picture is known. `false`: the others. Needs the mirror.',
      include: 'Has `followers` in the answer.',
    },
  },
  countFollowers: {
    description:
      'It reads one small item, and asks WeChat nothing. Before the first sync has ended: 409 `mirror_not_ready`. `total` and `withProfile` follow events; `tags` and `scenes` are as of `syncedAt`. While `current` is false, other routes ask WeChat.',
  },
  getFollower: {
    description:
      'Whoever has left is still answered about, with `subscribed` false. 404 `openid_unknown` is for openids of another account.',
    query: {
      lang: "The language of WeChat's words; asks WeChat.",
      refresh: 'Asks WeChat, whatever the mirror knows.',
    },
  },
  lookupFollowers: {
    description:
      'Those whom the mirror knows cost no call to WeChat; of the others WeChat is asked about 100 in a call. Repeat with `rest` of `partial` where not all could be asked about. `unreadable` has people of whom what WeChat says cannot be read, if there are any. Where not all could be asked about, the answer is a problem, such as 429 `strangers_too_many` or 503 `lookup_too_slow`: its `partial` has `followers`, `unknown` and `unreadable` as far as they go, and `rest`, the openids that are left.',
  },
  getToken: {
    description:
      'Every caller gets the same token, and no call mints one while it lasts. Do not keep it for longer than `expires_in` says.',
  },
  reportToken: {
    description:
      'The service asks WeChat whether the token is rejected before it mints a new one, so a mistaken report costs nobody a token. Repeat your own call once, with the answer.',
  },
  getTicket: {
    description:
      'A page needs no ticket: `getJssdkConfig` signs for it. A ticket is renewed while it is used.',
    query: { type: '`jsapi` for the JS-SDK of pages, `wx_card` for cards and coupons.' },
  },
  getJssdkConfig: {
    description:
      'Pass the answer to `wx.config`, with the `jsApiList` of the page. Ask anew for each address: a page that changes its path or query needs another signature.',
    query: { url: "The page's address. Other than on an allowed origin: 400 `url_not_allowed`." },
  },
  getUsage: {
    description:
      "It counts the service's own calls and those that it passes on for SDKs. Days are kept for two weeks; a day that is not known has no calls.",
    query: { day: 'The day in China. Without it, today.' },
  },
  listAvatars: {
    description:
      'For walls of pictures. Who shared no picture has a generated one, which always stays the same. A page calls it with the session of its visitor.',
    query: {
      limit: 'How many. Without it, 50.',
      size: 'Pixels of a side; 0 is the largest, 640. Without it, 132.',
    },
  },
  getPlaceholder: { description: '`listAvatars` gives out these addresses. They may be cached for a year.' },
  authorize: {
    description:
      'A link for a browser, not a call for a script. It sets a cookie by which the callback knows the browser again. Outside of WeChat, WeChat shows that its own browser is needed.',
    query: {
      scope:
        '`snsapi_base` is silent and tells the openid alone. `snsapi_userinfo` asks for nickname and picture. Without it, the latter.',
      forcePopup: "WeChat's dialog is shown in any case.",
      return_to: 'Where the login ends. Other than on an allowed origin: 400 `return_to_not_allowed`.',
    },
  },
  callback: {
    description:
      'Only WeChat leads here. A code that comes twice from the same browser has the same end. Where the user declined, a page offers to try again. An address without a fragment gets an empty one, `#`, so that the browser does not keep that of WeChat’s page.',
    query: {
      code: "WeChat's code, which is exchanged once. Absent where the user declined.",
      state: "Names an attempt that this browser has begun. Any other's: 400, and a link to begin anew.",
    },
  },
  logout: {
    description: 'The cookie is taken away in any case. Other accounts’ sessions in this browser stay.',
    query: { everywhere: 'Ends all sessions of the user.' },
  },
  getMe: {
    description:
      'For a page that wants to know who its visitor is. 401 means that the visitor has to log in: send the browser to `authorize`.',
  },
  deleteMe: {
    description:
      'It cannot be undone. WeChat keeps what it knows: a user who follows the account is listed again at the next sync.',
  },
  getUser: {
    description:
      'For back ends, about somebody who has logged in. 401 `authorization_needed` means that the grant has ended: send the user to its `authorizeUrl`.',
    query: { refresh: 'Has the profile fetched from WeChat at once.' },
  },
  checkEventsUrl: {
    description:
      'WeChat calls it when the operator enters the address in its console. A signature is taken once.',
    query: {
      signature: 'SHA-1 of the token of pushes, the timestamp and the nonce.',
      timestamp: 'When WeChat signed it, in Unix seconds.',
      nonce: 'A random text that is part of what was signed.',
      echostr: 'What WeChat wants to have back.',
    },
  },
  receiveEvent: {
    description:
      'Only WeChat calls it. A push that comes twice is handled once. The events are told on an event bus of the deployment.',
    query: {
      signature: 'SHA-1 of the token of pushes, the timestamp and the nonce.',
      timestamp: 'When WeChat signed it, in Unix seconds.',
      nonce: 'A random text that is part of what was signed.',
      msg_signature: 'The same of the encrypted body, too.',
      encrypt_type: '`aes` where the body is encrypted.',
      openid: 'Whose message it is. The body says so, too.',
    },
  },
  health: {
    description:
      'For monitors. The answer is 200 whatever it says: look at `status`. It is a few seconds old at most.',
  },
  domainFile: {
    description:
      'WeChat fetches it when the domain is entered in its console (JS接口安全域名, 网页授权域名).',
  },
  getDropInToken: {
    description:
      "For SDKs, which need no change but the address of the API. It takes WeChat's parameters; `secret` is a key with a scope for SDKs.",
  },
  postDropInToken: {
    description:
      "For SDKs, which need no change but the address of the API. It takes WeChat's parameters; `secret` is a key with a scope for SDKs.",
  },
  postDropInStableToken: {
    description:
      "For SDKs, which need no change but the address of the API. It takes WeChat's parameters; `secret` is a key with a scope for SDKs.",
  },
  getDropInTicket: {
    description:
      "For SDKs. It takes WeChat's parameters: `access_token` and `type`. The ticket is the one that all share.",
  },
  postDropInTicket: {
    description:
      "For SDKs. It takes WeChat's parameters: `access_token` and `type`. The ticket is the one that all share.",
  },
  getDropInGrant: {
    description:
      "For SDKs that log users in by themselves. It takes WeChat's parameters; `secret` is a key with the scope `dropin:oauth`.",
  },
  postDropInGrant: {
    description:
      "For SDKs that log users in by themselves. It takes WeChat's parameters; `secret` is a key with the scope `dropin:oauth`.",
  },
  passCgiBin: passed,
  passCard: passed,
  passDatacube: passed,
  passCustomservice: passed,
  passShakearound: passed,
  passDevice: passed,
  passBizwifi: passed,
  passCv: passed,
  passWxaapi: passed,
  passWxa: passed,
  passMerchant: passed,
  passSemantic: passed,
  passScan: passed,
  passMarketing: passed,
  passPublisher: passed,
  passPay: passed,
  passPayfeedback: passed,
  passSns: passed,
};

/** By the names of the schemas. */
export const memberDescriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  TokenReport: { access_token: 'The token that WeChat rejected.' },
  LookupRequest: {
    openids: 'Who is looked up.',
    lang: "The language of WeChat's words; asks WeChat.",
    refresh: 'Asks WeChat, whatever the mirror knows.',
  },
  Token: {
    access_token: 'The value that WeChat takes as `access_token`.',
    expires_in: 'Seconds for which WeChat goes on accepting it. Ask again before they are over.',
  },
  ReplacedToken: {
    access_token: 'The value that WeChat takes as `access_token`.',
    expires_in: 'Seconds for which WeChat goes on accepting it. Ask again before they are over.',
    replaced: 'False when WeChat accepts the reported token after all, which is then this one.',
  },
  Ticket: {
    ticket: 'What a page or a card is signed with.',
    expires_in: 'Seconds for which it goes on being valid.',
  },
  JssdkConfig: {
    appId: "The account's appid.",
    timestamp: 'When it was signed, in Unix seconds.',
    nonceStr: 'A random text that is part of what was signed.',
    signature: 'SHA-1 of ticket, nonce, timestamp and address, as hexadecimal.',
  },
  Follower: {
    openid: 'The person, as this account knows them.',
    subscribed: 'Whether the person follows the account.',
    subscribedAt: 'When the person last began to follow, in Unix seconds.',
    unionid: 'The person, as all accounts of one open platform know them, where there is one.',
    nickname: 'Absent where the person shares none.',
    avatar: 'The address of the picture. Absent where the person shares none.',
    profileFrom:
      'Where nickname and avatar come from: a login, or what WeChat says of followers. Absent where there are none.',
    remark: "The account's own note about the person.",
    language: "The language of the person's WeChat, such as `zh_CN`.",
    tagIds: "Ids of the account's tags.",
    subscribeScene: 'How the person found the account, such as `ADD_SCENE_QR_CODE`.',
    qrScene: 'The number of the QR code, where it has one.',
    qrSceneStr: 'The text of the QR code, where it has one.',
  },
  FollowerPage: {
    total: 'All followers, whatever the filter.',
    openids: 'The followers of this page.',
    followers: 'The same with their details, with `include=profile`.',
    next: 'The `cursor` of the next page. Absent on the last one.',
  },
  FollowerCounts: {
    total: 'All followers.',
    withProfile: 'Followers whose nickname or picture is known.',
    tags: 'Followers by the id of the tag.',
    scenes: 'Followers by how they found the account.',
    syncedAt: 'When the last sync ended, in Unix seconds.',
    detailsAt: 'When the last sync of all details ended, in Unix seconds.',
    current: 'Whether the mirror is fresh enough for other routes to use it.',
  },
  LookupResult: {
    followers: 'Those found, in the order asked for.',
    unknown: 'Openids that are not of this account.',
    unreadable: 'People of whom what WeChat says cannot be read.',
  },
  Me: {
    account: 'The appid of the account that the user logged in to.',
    openid: 'The user, as this account knows them.',
    unionid: 'The user, as all accounts of one open platform know them, where there is one.',
    nickname: 'Absent where the user shares none.',
    avatar: 'The address of the picture. Absent where the user shares none.',
    scope: 'What the user consented to: `snsapi_base`, and `snsapi_userinfo` for the profile.',
    grantedAt: 'When the user consented, in Unix seconds.',
    expiresAt: 'When the grant ends without another login, in Unix seconds.',
  },
  User: {
    account: 'The appid of the account that the user logged in to.',
    openid: 'The user, as this account knows them.',
    unionid: 'The user, as all accounts of one open platform know them, where there is one.',
    nickname: 'Absent where the user shares none.',
    avatar: 'The address of the picture. Absent where the user shares none.',
    scope: 'What the user consented to: `snsapi_base`, and `snsapi_userinfo` for the profile.',
    grantedAt: 'When the user consented, in Unix seconds.',
    expiresAt: 'When the grant ends without another login, in Unix seconds.',
    profileFetchedAt: 'When nickname and picture were read from WeChat, in Unix seconds.',
  },
  RemovedCounts: {
    grants: 'What the user granted, with both tokens and the profile.',
    sessions: 'Logins that were open.',
    profiles: 'What the user shared for others to see.',
    followers: 'What was known of the user as a follower, the profile included.',
  },
  Usage: {
    day: 'The day in China, such as `2026-11-30`.',
    apis: 'The APIs that were called, by their paths.',
  },
  ApiUsage: {
    api: "The path of WeChat's API, such as `/cgi-bin/user/info`.",
    calls: 'Calls on that day.',
    limit: "WeChat's limit for a day, absent where the service knows of none.",
  },
  Health: { status: 'The worst of its accounts.', accounts: 'The accounts, each by itself.' },
  AccountHealth: {
    account: 'The appid.',
    state:
      '`degraded`: the last refresh failed, and the token is usable. `down`: there is none. `waiting`: there is none, and the next call has one made.',
    usableUntil: 'Until when calls get the token, in Unix seconds.',
    unusableSince: 'Since when they get none, where that is known, in Unix seconds.',
    reason: 'The code of the failure, where the last refresh failed.',
  },
  DropInToken: {
    access_token: 'What the SDK sends with each call.',
    expires_in: 'Seconds for which it is taken.',
  },
  DropInTicket: {
    errcode: "WeChat's number for what is wrong. 0 is none.",
    errmsg: 'The same in words, for people.',
    ticket: 'What a page or a card is signed with.',
    expires_in: 'Seconds for which it goes on being valid.',
  },
  WeChatError: {
    errcode: "WeChat's number for what is wrong. 0 is none.",
    errmsg: 'The same in words, for people.',
  },
  WeChatAnswer: {
    errcode: "WeChat's number for what is wrong. 0 is none.",
    errmsg: 'The same in words, for people.',
  },
};
