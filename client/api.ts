/** Made of docs/openapi.json by `npm run openapi`. */
export interface paths {
  '/v1/accounts/{account}/followers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One page of the account's follower openids. Order, filters and profiles need the mirror: a sync that has ended.
     * @description Without the mirror, WeChat is asked, in its own order. Follow `next` until there is none. A sync of one’s own wants the larger pages. `next` is absent on the last one; with a filter, a page before can be short or empty. `total` counts all followers, whatever the filter. `followers` is there with `include=profile`, which makes the most a page has 1,000. A key needs the scope `followers:read`.
     */
    get: operations['listFollowers'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/followers/counts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How many followers there are, by tag and by scene, and how fresh the mirror is.
     * @description It reads one small item, and asks WeChat nothing. Before the first sync has ended: 409 `mirror_not_ready`. `total` and `withProfile` follow events; `tags` and `scenes` are as of `syncedAt`. While `current` is false, other routes ask WeChat. A key needs the scope `followers:read`.
     */
    get: operations['countFollowers'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/followers/{openid}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * One follower, with the profile the user has consented to share.
     * @description Whoever has left is still answered about, with `subscribed` false. 404 `openid_unknown` is for openids of another account. A key needs the scope `followers:read`.
     */
    get: operations['getFollower'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/followers/lookup': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Many followers by openid.
     * @description Those whom the mirror knows cost no call to WeChat; of the others WeChat is asked about 100 in a call. Repeat with `rest` of `partial` where not all could be asked about. `unreadable` has people of whom what WeChat says cannot be read, if there are any. Where not all could be asked about, the answer is a problem, such as 429 `strangers_too_many` or 503 `lookup_too_slow`: its `partial` has `followers`, `unknown` and `unreadable` as far as they go, and `rest`, the openids that are left. A key needs the scope `followers:read`.
     */
    post: operations['lookupFollowers'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/token': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The account's global access token, for backends that call WeChat themselves.
     * @description Every caller gets the same token, and no call mints one while it lasts. Do not keep it for longer than `expires_in` says. A key needs the scope `token:read`.
     */
    get: operations['getToken'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/token/report': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Tells that WeChat rejected the token (40001, 40014, 42001), and gets the one to use instead.
     * @description The service asks WeChat whether the token is rejected before it mints a new one, so a mistaken report costs nobody a token. Repeat your own call once, with the answer. A key needs the scope `token:read`.
     */
    post: operations['reportToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/ticket': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * A JS-SDK or card ticket, for backends that sign themselves.
     * @description A page needs no ticket: `getJssdkConfig` signs for it. A ticket is renewed while it is used. A key needs the scope `token:read`.
     */
    get: operations['getTicket'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/jssdk-config': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What `wx.config` takes for a page of one of the account's allowed origins.
     * @description Pass the answer to `wx.config`, with the `jsApiList` of the page. Ask anew for each address: a page that changes its path or query needs another signature.
     */
    get: operations['getJssdkConfig'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/usage': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How many calls to WeChat the account has made on a day in China.
     * @description It counts the service's own calls and those that it passes on for SDKs. Days are kept for two weeks; a day that is not known has no calls. A key needs the scope `usage:read`.
     */
    get: operations['getUsage'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/avatars': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Avatar URLs of followers, ready to show: those who shared their picture first.
     * @description For walls of pictures. Who shared no picture has a generated one, which always stays the same. A page calls it with the session of its visitor. A key needs the scope `avatars:read`.
     */
    get: operations['listAvatars'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/placeholders/{seed}/{size}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The generated picture of somebody who shared none.
     * @description `listAvatars` gives out these addresses. They may be cached for a year. Query parameters that are not listed are ignored.
     */
    get: operations['getPlaceholder'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/oauth/authorize': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Sends the browser to WeChat's consent page.
     * @description A link for a browser, not a call for a script. It sets a cookie by which the callback knows the browser again. Outside of WeChat, WeChat shows that its own browser is needed. Query parameters that are not listed are ignored.
     */
    get: operations['authorize'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/oauth/callback': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Where WeChat sends the browser back: exchanges the code, stores the grant, opens a session.
     * @description Only WeChat leads here. A code that comes twice from the same browser has the same end. Where the user declined, a page offers to try again. An address without a fragment gets an empty one, `#`, so that the browser does not keep that of WeChat’s page. Query parameters that are not listed are ignored.
     */
    get: operations['callback'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/oauth/logout': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Ends the session, or with `everywhere` all sessions of the user, who must be logged in for that.
     * @description The cookie is taken away in any case. Other accounts’ sessions in this browser stay.
     */
    post: operations['logout'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/me': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The user who is logged in.
     * @description For a page that wants to know who its visitor is. 401 means that the visitor has to log in: send the browser to `authorize`.
     */
    get: operations['getMe'];
    put?: never;
    post?: never;
    /**
     * Deletes all that is kept about the user who is logged in, and ends the session.
     * @description It cannot be undone. WeChat keeps what it knows: a user who follows the account is listed again at the next sync.
     */
    delete: operations['deleteMe'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts/{account}/users/{openid}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What a user granted, with the profile, which is at most a day old.
     * @description For back ends, about somebody who has logged in. 401 `authorization_needed` means that the grant has ended: send the user to its `authorizeUrl`. A key needs the scope `users:read`.
     */
    get: operations['getUser'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Whether the service is up, and whether users are affected by an account that could not be refreshed.
     * @description For monitors. The answer is 200 whatever it says: look at `status`. It is a few seconds old at most. Query parameters that are not listed are ignored.
     */
    get: operations['health'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/{file}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * WeChat's domain ownership file, MP_verify_{id}.txt, for the ids that the operator registered.
     * @description WeChat fetches it when the domain is entered in its console (JS接口安全域名, 网页授权域名). Query parameters that are not listed are ignored.
     */
    get: operations['domainFile'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    TokenReport: {
      /** @description The token that WeChat rejected. */
      access_token: string;
    };
    LookupRequest: {
      /** @description Who is looked up. */
      openids: string[];
      /**
       * @description The language of WeChat's words; asks WeChat.
       * @enum {string}
       */
      lang?: 'zh_CN' | 'zh_TW' | 'en';
      /** @description Asks WeChat, whatever the mirror knows. */
      refresh?: boolean;
    };
    Token: {
      /** @description The value that WeChat takes as `access_token`. */
      access_token: string;
      /**
       * Format: int64
       * @description Seconds for which WeChat goes on accepting it. Ask again before they are over.
       */
      expires_in: number;
    };
    ReplacedToken: {
      /** @description The value that WeChat takes as `access_token`. */
      access_token: string;
      /**
       * Format: int64
       * @description Seconds for which WeChat goes on accepting it. Ask again before they are over.
       */
      expires_in: number;
      /** @description False when WeChat accepts the reported token after all, which is then this one. */
      replaced: boolean;
    };
    Ticket: {
      /** @description What a page or a card is signed with. */
      ticket: string;
      /**
       * Format: int64
       * @description Seconds for which it goes on being valid.
       */
      expires_in: number;
    };
    JssdkConfig: {
      /** @description The account's appid. */
      appId: string;
      /**
       * Format: int64
       * @description When it was signed, in Unix seconds.
       */
      timestamp: number;
      /** @description A random text that is part of what was signed. */
      nonceStr: string;
      /** @description SHA-1 of ticket, nonce, timestamp and address, as hexadecimal. */
      signature: string;
    };
    Follower: {
      /** @description The person, as this account knows them. */
      openid: string;
      /** @description Whether the person follows the account. */
      subscribed: boolean;
      /**
       * Format: int64
       * @description When the person last began to follow, in Unix seconds.
       */
      subscribedAt?: number;
      /** @description The person, as all accounts of one open platform know them, where there is one. */
      unionid?: string;
      /** @description Absent where the person shares none. */
      nickname?: string;
      /** @description The address of the picture. Absent where the person shares none. */
      avatar?: string;
      /**
       * @description Where nickname and avatar come from: a login, or what WeChat says of followers. Absent where there are none.
       * @enum {string}
       */
      profileFrom?: 'consent' | 'user/info';
      /** @description The account's own note about the person. */
      remark?: string;
      /** @description The language of the person's WeChat, such as `zh_CN`. */
      language?: string;
      /** @description Ids of the account's tags. */
      tagIds?: number[];
      /** @description How the person found the account, such as `ADD_SCENE_QR_CODE`. */
      subscribeScene?: string;
      /**
       * Format: int64
       * @description The number of the QR code, where it has one.
       */
      qrScene?: number;
      /** @description The text of the QR code, where it has one. */
      qrSceneStr?: string;
    };
    FollowerPage: {
      /**
       * Format: int64
       * @description All followers, whatever the filter.
       */
      total: number;
      /** @description The followers of this page. */
      openids: string[];
      /** @description The same with their details, with `include=profile`. */
      followers?: components['schemas']['Follower'][];
      /** @description The `cursor` of the next page. Absent on the last one. */
      next?: string;
    };
    FollowerCounts: {
      /**
       * Format: int64
       * @description All followers.
       */
      total: number;
      /**
       * Format: int64
       * @description Followers whose nickname or picture is known.
       */
      withProfile: number;
      /** @description Followers by the id of the tag. */
      tags: {
        [key: string]: number;
      };
      /** @description Followers by how they found the account. */
      scenes: {
        [key: string]: number;
      };
      /**
       * Format: int64
       * @description When the last sync ended, in Unix seconds.
       */
      syncedAt: number;
      /**
       * Format: int64
       * @description When the last sync of all details ended, in Unix seconds.
       */
      detailsAt?: number;
      /** @description Whether the mirror is fresh enough for other routes to use it. */
      current: boolean;
    };
    LookupResult: {
      /** @description Those found, in the order asked for. */
      followers: components['schemas']['Follower'][];
      /** @description Openids that are not of this account. */
      unknown: string[];
      /** @description People of whom what WeChat says cannot be read. */
      unreadable?: string[];
    };
    AvatarUrls: string[];
    Me: {
      /** @description The appid of the account that the user logged in to. */
      account: string;
      /** @description The user, as this account knows them. */
      openid: string;
      /** @description The user, as all accounts of one open platform know them, where there is one. */
      unionid?: string;
      /** @description Absent where the user shares none. */
      nickname?: string;
      /** @description The address of the picture. Absent where the user shares none. */
      avatar?: string;
      /** @description What the user consented to: `snsapi_base`, and `snsapi_userinfo` for the profile. */
      scope: string[];
      /**
       * Format: int64
       * @description When the user consented, in Unix seconds.
       */
      grantedAt: number;
      /**
       * Format: int64
       * @description When the grant ends without another login, in Unix seconds.
       */
      expiresAt: number;
    };
    User: {
      /** @description The appid of the account that the user logged in to. */
      account: string;
      /** @description The user, as this account knows them. */
      openid: string;
      /** @description The user, as all accounts of one open platform know them, where there is one. */
      unionid?: string;
      /** @description Absent where the user shares none. */
      nickname?: string;
      /** @description The address of the picture. Absent where the user shares none. */
      avatar?: string;
      /** @description What the user consented to: `snsapi_base`, and `snsapi_userinfo` for the profile. */
      scope: string[];
      /**
       * Format: int64
       * @description When the user consented, in Unix seconds.
       */
      grantedAt: number;
      /**
       * Format: int64
       * @description When the grant ends without another login, in Unix seconds.
       */
      expiresAt: number;
      /**
       * Format: int64
       * @description When nickname and picture were read from WeChat, in Unix seconds.
       */
      profileFetchedAt?: number;
    };
    Erasure: {
      removed: components['schemas']['RemovedCounts'];
    };
    RemovedCounts: {
      /**
       * Format: int64
       * @description What the user granted, with both tokens and the profile.
       */
      grants: number;
      /**
       * Format: int64
       * @description Logins that were open.
       */
      sessions: number;
      /**
       * Format: int64
       * @description What the user shared for others to see.
       */
      profiles: number;
      /**
       * Format: int64
       * @description What was known of the user as a follower, the profile included.
       */
      followers: number;
    };
    Usage: {
      /** @description The day in China, such as `2026-11-30`. */
      day: string;
      /** @description The APIs that were called, by their paths. */
      apis: components['schemas']['ApiUsage'][];
    };
    ApiUsage: {
      /** @description The path of WeChat's API, such as `/cgi-bin/user/info`. */
      api: string;
      /**
       * Format: int64
       * @description Calls on that day.
       */
      calls: number;
      /**
       * Format: int64
       * @description WeChat's limit for a day, absent where the service knows of none.
       */
      limit?: number;
    };
    Health: {
      /**
       * @description The worst of its accounts.
       * @enum {string}
       */
      status: 'ok' | 'degraded' | 'down';
      /** @description The accounts, each by itself. */
      accounts: components['schemas']['AccountHealth'][];
    };
    AccountHealth: {
      /** @description The appid. */
      account: string;
      /**
       * @description `degraded`: the last refresh failed, and the token is usable. `down`: there is none. `waiting`: there is none, and the next call has one made.
       * @enum {string}
       */
      state: 'ok' | 'waiting' | 'degraded' | 'down';
      /**
       * Format: int64
       * @description Until when calls get the token, in Unix seconds.
       */
      usableUntil?: number;
      /**
       * Format: int64
       * @description Since when they get none, where that is known, in Unix seconds.
       */
      unusableSince?: number;
      /** @description The code of the failure, where the last refresh failed. */
      reason?: string;
    };
    DropInToken: {
      /** @description What the SDK sends with each call. */
      access_token: string;
      /**
       * Format: int64
       * @description Seconds for which it is taken.
       */
      expires_in: number;
    };
    DropInTicket: {
      /**
       * Format: int64
       * @description WeChat's number for what is wrong. 0 is none.
       */
      errcode: number;
      /** @description The same in words, for people. */
      errmsg: string;
      /** @description What a page or a card is signed with. */
      ticket?: string;
      /**
       * Format: int64
       * @description Seconds for which it goes on being valid.
       */
      expires_in?: number;
    };
    WeChatError: {
      /**
       * Format: int64
       * @description WeChat's number for what is wrong. 0 is none.
       */
      errcode: number;
      /** @description The same in words, for people. */
      errmsg: string;
    };
    WeChatAnswer: {
      /**
       * Format: int64
       * @description WeChat's number for what is wrong. 0 is none.
       */
      errcode?: number;
      /** @description The same in words, for people. */
      errmsg?: string;
    } & {
      [key: string]: unknown;
    };
    Problem: {
      /** @description `urn:wechat-keyring:problem:` and the code. */
      type: string;
      /**
       * Format: int64
       * @description The status of the answer.
       */
      status: number;
      /** @description What the code means, for people. */
      title: string;
      code: components['schemas']['ProblemCode'];
      /** @description What it was this time, for people. */
      detail?: string;
      /** @description The parameter or the member of the body at fault. */
      parameter?: string;
      /**
       * Format: int64
       * @description What WeChat answered, where it did.
       */
      errcode?: number;
      /** @description WeChat's id of the call, for WeChat's support. */
      rid?: string;
      /** @description Where the user authorizes the account again. Add a `return_to`. */
      authorizeUrl?: string;
      /** @description What had been found before that, and the `rest` to ask for. */
      partial?: {
        [key: string]: unknown;
      };
      /** @description Seconds after which trying again makes sense; also in `Retry-After`. */
      retryAfter?: number;
      /** @description API Gateway's id of the request, which the log lines about it have, too. */
      requestId: string;
    };
    /** @enum {string} */
    ProblemCode:
      | 'unknown_parameter'
      | 'repeated_parameter'
      | 'invalid_parameter'
      | 'invalid_body'
      | 'body_not_json'
      | 'body_too_large'
      | 'media_type_unsupported'
      | 'csrf_header_missing'
      | 'origin_not_allowed'
      | 'cursor_unknown'
      | 'return_to_not_allowed'
      | 'url_not_allowed'
      | 'state_unknown'
      | 'state_expired'
      | 'state_used'
      | 'state_foreign'
      | 'login_cookie_missing'
      | 'code_refused'
      | 'login_unfinished'
      | 'key_missing'
      | 'key_unknown'
      | 'session_missing'
      | 'session_expired'
      | 'authorization_needed'
      | 'scope_missing'
      | 'account_not_allowed'
      | 'account_unknown'
      | 'account_exists'
      | 'account_borrowed'
      | 'secret_unproven'
      | 'mirror_not_ready'
      | 'answer_too_large'
      | 'sync_paused'
      | 'openid_unknown'
      | 'file_unknown'
      | 'push_not_configured'
      | 'push_signature_wrong'
      | 'push_expired'
      | 'push_replayed'
      | 'push_not_encrypted'
      | 'push_undecryptable'
      | 'push_foreign'
      | 'forward_refused'
      | 'push_not_xml'
      | 'strangers_too_many'
      | 'lookup_too_slow'
      | 'wechat_quota'
      | 'wechat_refused'
      | 'wechat_unreachable'
      | 'credential_unavailable'
      | 'service_busy'
      | 'internal';
    GatewayMessage: {
      /** @description For people. */
      message: string;
    };
  };
  responses: {
    /** @description What is wrong. `code` is stable, the texts are not. */
    Problem: {
      headers: {
        'Retry-After': components['headers']['Retry-After'];
        'WWW-Authenticate': components['headers']['WWW-Authenticate'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
        /**
         * @example {
         *       "message": "Internal Server Error"
         *     }
         */
        'application/json': components['schemas']['GatewayMessage'];
      };
    };
    /** @description API Gateway's own answers: to a body that is too large (413), over the limit of requests (429), and where a function fails or takes too long (500, 503). */
    GatewayMessage: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        /**
         * @example {
         *       "message": "Too Many Requests"
         *     }
         */
        'application/json': components['schemas']['GatewayMessage'];
      };
    };
    /** @description A page for people that says what is wrong, with the stable code. */
    ProblemPage: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'text/html': string;
        /**
         * @example {
         *       "message": "Internal Server Error"
         *     }
         */
        'application/json': components['schemas']['GatewayMessage'];
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: {
    /**
     * @description Seconds after which trying again makes sense, where that is known.
     * @example 5
     */
    'Retry-After': number;
    /**
     * @description `Bearer`, with status 401.
     * @example Bearer
     */
    'WWW-Authenticate': string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listFollowers: {
    parameters: {
      query?: {
        /**
         * @description `next` of the page before, with the same filter and order. Any other: 400 `cursor_unknown`.
         * @example m.bzEuMTc5MzAwMDAwMA.5f2c
         */
        cursor?: string;
        /**
         * @description With `include=profile` at most 1,000; more is 400 `invalid_parameter`.
         * @example 2
         */
        limit?: number;
        /**
         * @description By when they began to follow. Needs the mirror.
         * @example newest
         */
        order?: 'newest' | 'oldest';
        /**
         * @description Those with this tag. Needs the mirror.
         * @example 2
         */
        tag?: number;
        /**
         * @description Those who found the account so. Needs the mirror.
         * @example ADD_SCENE_QR_CODE
         */
        scene?: string;
        /**
         * @description `true`: those whose nickname or picture is known. `false`: the others. Needs the mirror.
         * @example true
         */
        has_profile?: 'true' | 'false';
        /**
         * @description Has `followers` in the answer.
         * @example profile
         */
        include?: 'profile';
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "total": 23000,
           *       "openids": [
           *         "oqwmaYgg4D1erDveiXSyiHj_LI-g"
           *       ],
           *       "followers": [
           *         {
           *           "openid": "oqwmaYgg4D1erDveiXSyiHj_LI-g",
           *           "subscribed": true,
           *           "subscribedAt": 1793000000,
           *           "nickname": "小林",
           *           "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/example/132",
           *           "profileFrom": "consent",
           *           "language": "zh_CN",
           *           "tagIds": [
           *             2
           *           ],
           *           "subscribeScene": "ADD_SCENE_QR_CODE"
           *         }
           *       ],
           *       "next": "m.bzEuMTc5MzAwMDAwMA.5f2c"
           *     }
           */
          'application/json': components['schemas']['FollowerPage'];
        };
      };
      /** @description What the caller has is still so: `If-None-Match` named its `ETag`. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /**
       * @description - `cursor_unknown`: The cursor is not one of this list.
       *     - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `mirror_not_ready`: The account's followers have not been mirrored yet, or not lately. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `wechat_quota`: WeChat's quota for this call is used up. */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Too Many Requests"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `wechat_refused`: WeChat refused the call.
       *     - `wechat_unreachable`: WeChat gave no usable answer.
       */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  countFollowers: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The counts. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "total": 23000,
           *       "withProfile": 410,
           *       "tags": {
           *         "2": 120
           *       },
           *       "scenes": {
           *         "ADD_SCENE_QR_CODE": 15000,
           *         "ADD_SCENE_SEARCH": 8000
           *       },
           *       "syncedAt": 1793000000,
           *       "detailsAt": 1792800000,
           *       "current": true
           *     }
           */
          'application/json': components['schemas']['FollowerCounts'];
        };
      };
      /** @description What the caller has is still so: `If-None-Match` named its `ETag`. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description - `unknown_parameter`: The request has a parameter this route does not know. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `mirror_not_ready`: The account's followers have not been mirrored yet, or not lately. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getFollower: {
    parameters: {
      query?: {
        /**
         * @description The language of WeChat's words; asks WeChat.
         * @example zh_CN
         */
        lang?: 'zh_CN' | 'zh_TW' | 'en';
        /**
         * @description Asks WeChat, whatever the mirror knows.
         * @example false
         */
        refresh?: 'true' | 'false';
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
        /**
         * @description The openid of a follower.
         * @example oqwmaYgg4D1erDveiXSyiHj_LI-g
         */
        openid: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The follower, from the mirror where it knows the details. `refresh=true` and `lang` ask WeChat. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "openid": "oqwmaYgg4D1erDveiXSyiHj_LI-g",
           *       "subscribed": true,
           *       "subscribedAt": 1793000000,
           *       "nickname": "小林",
           *       "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/example/132",
           *       "profileFrom": "consent",
           *       "language": "zh_CN",
           *       "tagIds": [
           *         2
           *       ],
           *       "subscribeScene": "ADD_SCENE_QR_CODE"
           *     }
           */
          'application/json': components['schemas']['Follower'];
        };
      };
      /** @description What the caller has is still so: `If-None-Match` named its `ETag`. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /**
       * @description - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `openid_unknown`: The openid is not of this account.
       *     - `account_unknown`: There is no such account here.
       */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `wechat_quota`: WeChat's quota for this call is used up. */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Too Many Requests"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `wechat_refused`: WeChat refused the call.
       *     - `wechat_unreachable`: WeChat gave no usable answer.
       */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  lookupFollowers: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "openids": [
         *         "oqwmaYgg4D1erDveiXSyiHj_LI-g",
         *         "oqwmaY0h0jfs7E2CNWXYTrjACGzQ"
         *       ],
         *       "lang": "zh_CN",
         *       "refresh": false
         *     }
         */
        'application/json': components['schemas']['LookupRequest'];
      };
    };
    responses: {
      /** @description Those found, and those who were not. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "followers": [
           *         {
           *           "openid": "oqwmaYgg4D1erDveiXSyiHj_LI-g",
           *           "subscribed": true,
           *           "subscribedAt": 1793000000,
           *           "nickname": "小林",
           *           "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/example/132",
           *           "profileFrom": "consent",
           *           "language": "zh_CN",
           *           "tagIds": [
           *             2
           *           ],
           *           "subscribeScene": "ADD_SCENE_QR_CODE"
           *         }
           *       ],
           *       "unknown": [
           *         "oqwmaY0h0jfs7E2CNWXYTrjACGzQ"
           *       ]
           *     }
           */
          'application/json': components['schemas']['LookupResult'];
        };
      };
      /**
       * @description - `invalid_body`: The body is not what this route takes.
       *     - `body_not_json`: The body is not JSON.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `answer_too_large`: The answer is larger than what can be sent at once.
       *     - `body_too_large`: The body is too large.
       */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Request Entity Too Large"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `media_type_unsupported`: The body must be application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `strangers_too_many`: Too many of the openids are of nobody who is known here to be asked about at once.
       *     - `wechat_quota`: WeChat's quota for this call is used up.
       */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Too Many Requests"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `wechat_refused`: WeChat refused the call.
       *     - `wechat_unreachable`: WeChat gave no usable answer.
       */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `lookup_too_slow`: WeChat answered too slowly for all of the openids to be asked about.
       *     - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The token, and how many seconds WeChat will go on accepting it. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "access_token": "95_example-of-an-access-token",
           *       "expires_in": 5400
           *     }
           */
          'application/json': components['schemas']['Token'];
        };
      };
      /** @description - `unknown_parameter`: The request has a parameter this route does not know. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  reportToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "access_token": "95_example-of-an-access-token"
         *     }
         */
        'application/json': components['schemas']['TokenReport'];
      };
    };
    responses: {
      /** @description The token to use. `replaced` is false when WeChat accepts the reported one after all. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "access_token": "96_example-of-the-next-token",
           *       "expires_in": 7200,
           *       "replaced": true
           *     }
           */
          'application/json': components['schemas']['ReplacedToken'];
        };
      };
      /**
       * @description - `invalid_body`: The body is not what this route takes.
       *     - `body_not_json`: The body is not JSON.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `body_too_large`: The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Request Entity Too Large"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `media_type_unsupported`: The body must be application/json. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `wechat_unreachable`: WeChat gave no usable answer. */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getTicket: {
    parameters: {
      query: {
        /**
         * @description `jsapi` for the JS-SDK of pages, `wx_card` for cards and coupons.
         * @example jsapi
         */
        type: 'jsapi' | 'wx_card';
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The ticket, and how many seconds it lives on. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ticket": "example-of-a-ticket",
           *       "expires_in": 5400
           *     }
           */
          'application/json': components['schemas']['Ticket'];
        };
      };
      /**
       * @description - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getJssdkConfig: {
    parameters: {
      query: {
        /**
         * @description The page's address. Other than on an allowed origin: 400 `url_not_allowed`.
         * @example https://www.example.com/
         */
        url: string;
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The signature for exactly that address, without its fragment. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "appId": "wx0123456789abcdef",
           *       "timestamp": 1793000000,
           *       "nonceStr": "8f2b1c5d9e7a4036b1d2c3f4",
           *       "signature": "f4d90daf4b3bca3078ab155816175ba34c443a7b"
           *     }
           */
          'application/json': components['schemas']['JssdkConfig'];
        };
      };
      /**
       * @description - `url_not_allowed`: The url is not of one of the allowed origins of this account.
       *     - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getUsage: {
    parameters: {
      query?: {
        /**
         * @description The day in China. Without it, today.
         * @example 2026-11-30
         */
        day?: string;
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Calls by API, with the daily limit where there is one. Counts lag by a few seconds. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "day": "2026-11-30",
           *       "apis": [
           *         {
           *           "api": "/cgi-bin/stable_token",
           *           "calls": 13
           *         },
           *         {
           *           "api": "/cgi-bin/user/info",
           *           "calls": 1204,
           *           "limit": 500000
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Usage'];
        };
      };
      /**
       * @description - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  listAvatars: {
    parameters: {
      query?: {
        /**
         * @description How many. Without it, 50.
         * @example 50
         */
        limit?: number;
        /**
         * @description Pixels of a side; 0 is the largest, 640. Without it, 132.
         * @example 132
         */
        size?: '0' | '46' | '64' | '96' | '132';
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A JSON array of URLs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example [
           *       "https://thirdwx.qlogo.cn/mmopen/vi_32/example/132"
           *     ]
           */
          'application/json': components['schemas']['AvatarUrls'];
        };
      };
      /** @description What the caller has is still so: `If-None-Match` named its `ETag`. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /**
       * @description - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `key_unknown`: The API key is not known.
       *     - `session_missing`: Nobody is logged in.
       *     - `session_expired`: The session has ended. Log in again.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       *     - `origin_not_allowed`: The calling page is not of one of the allowed origins of this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `mirror_not_ready`: The account's followers have not been mirrored yet, or not lately. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `wechat_quota`: WeChat's quota for this call is used up. */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Too Many Requests"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `wechat_refused`: WeChat refused the call.
       *     - `wechat_unreachable`: WeChat gave no usable answer.
       */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `credential_unavailable`: There is no valid access token for this account at the moment.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getPlaceholder: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description What an address that the service gave out has here.
         * @example 170c8bff14a02555
         */
        seed: string;
        /**
         * @description Pixels of a side; 0 is the largest.
         * @example 132
         */
        size: '0' | '46' | '64' | '96' | '132';
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A picture, the same for the same seed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'image/png': unknown;
        };
      };
      /** @description - `file_unknown`: There is no such file here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  authorize: {
    parameters: {
      query: {
        /**
         * @description `snsapi_base` is silent and tells the openid alone. `snsapi_userinfo` asks for nickname and picture. Without it, the latter.
         * @example snsapi_userinfo
         */
        scope?: 'snsapi_base' | 'snsapi_userinfo';
        /**
         * @description WeChat's dialog is shown in any case.
         * @example false
         */
        forcePopup?: 'true' | 'false';
        /**
         * @description Where the login ends. Other than on an allowed origin: 400 `return_to_not_allowed`.
         * @example https://www.example.com/
         */
        return_to: string;
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description To WeChat's authorization page. */
      302: {
        headers: {
          /** @example https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&redirect_uri=https%3A%2F%2Fkeyring.example.com%2Fv1%2Faccounts%2Fwx0123456789abcdef%2Foauth%2Fcallback&response_type=code&scope=snsapi_userinfo&state=example#wechat_redirect */
          Location: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      /**
       * @description A page for people, in Chinese and English.
       *
       *     - `return_to_not_allowed`: return_to is not on the list of allowed origins of this account.
       *     - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description A page for people, in Chinese and English.
       *
       *     - `account_borrowed`: This account is borrowed from another deployment, which alone has its AppSecret.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['ProblemPage'];
    };
  };
  callback: {
    parameters: {
      query: {
        /**
         * @description WeChat's code, which is exchanged once. Absent where the user declined.
         * @example example-of-a-code
         */
        code?: string;
        /**
         * @description Names an attempt that this browser has begun. Any other's: 400, and a link to begin anew.
         * @example example-of-a-state
         */
        state: string;
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page for people, in Chinese and English. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example <!doctype html><title>…</title> */
          'text/html': string;
        };
      };
      /** @description To `return_to`, with the session cookie. */
      303: {
        headers: {
          /** @example https://www.example.com/# */
          Location: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      /**
       * @description A page for people, in Chinese and English.
       *
       *     - `state_unknown`: This login attempt is not known.
       *     - `state_expired`: This login attempt has expired.
       *     - `state_used`: This login attempt was already used.
       *     - `state_foreign`: This login attempt was started in another browser or for another account.
       *     - `login_cookie_missing`: The browser sent no cookie of this login attempt.
       *     - `code_refused`: WeChat does not accept the code that this login came back with.
       *     - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `wechat_quota`: WeChat's quota for this call is used up. */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Too Many Requests"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `wechat_refused`: WeChat refused the call.
       *     - `wechat_unreachable`: WeChat gave no usable answer.
       */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
        };
      };
      /**
       * @description - `login_unfinished`: The first request of this login has not finished.
       *     - `service_busy`: The service is busy, and did not get done in time.
       */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'text/html': string;
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['ProblemPage'];
    };
  };
  logout: {
    parameters: {
      query?: {
        /**
         * @description Ends all sessions of the user.
         * @example false
         */
        everywhere?: 'true' | 'false';
      };
      header: {
        /**
         * @description Any value: no form of another site can send this header.
         * @example 1
         */
        'X-Keyring-CSRF': string;
      };
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Nobody is logged in any more, or nobody was. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /**
       * @description - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `session_missing`: Nobody is logged in.
       *     - `session_expired`: The session has ended. Log in again.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `origin_not_allowed`: The calling page is not of one of the allowed origins of this account.
       *     - `csrf_header_missing`: A changing call needs the header X-Keyring-CSRF.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getMe: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The user. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "account": "wx0123456789abcdef",
           *       "openid": "oqwmaYgg4D1erDveiXSyiHj_LI-g",
           *       "nickname": "小林",
           *       "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/example/132",
           *       "scope": [
           *         "snsapi_userinfo"
           *       ],
           *       "grantedAt": 1793000000,
           *       "expiresAt": 1795592000
           *     }
           */
          'application/json': components['schemas']['Me'];
        };
      };
      /** @description - `unknown_parameter`: The request has a parameter this route does not know. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `session_missing`: Nobody is logged in.
       *     - `session_expired`: The session has ended. Log in again.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `origin_not_allowed`: The calling page is not of one of the allowed origins of this account. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  deleteMe: {
    parameters: {
      query?: never;
      header: {
        /**
         * @description Any value: no form of another site can send this header.
         * @example 1
         */
        'X-Keyring-CSRF': string;
      };
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is gone; so many of each there were. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "removed": {
           *         "grants": 1,
           *         "sessions": 2,
           *         "profiles": 1,
           *         "followers": 1
           *       }
           *     }
           */
          'application/json': components['schemas']['Erasure'];
        };
      };
      /** @description - `unknown_parameter`: The request has a parameter this route does not know. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `session_missing`: Nobody is logged in.
       *     - `session_expired`: The session has ended. Log in again.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `origin_not_allowed`: The calling page is not of one of the allowed origins of this account.
       *     - `csrf_header_missing`: A changing call needs the header X-Keyring-CSRF.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `account_unknown`: There is no such account here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  getUser: {
    parameters: {
      query?: {
        /**
         * @description Has the profile fetched from WeChat at once.
         * @example false
         */
        refresh?: 'true' | 'false';
      };
      header?: never;
      path: {
        /**
         * @description The appid of an account, or `default` for the first one.
         * @example default
         */
        account: string;
        /**
         * @description The openid of a follower.
         * @example oqwmaYgg4D1erDveiXSyiHj_LI-g
         */
        openid: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description `refresh=true` has the profile fetched anew, as for a picture that is gone. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "account": "wx0123456789abcdef",
           *       "openid": "oqwmaYgg4D1erDveiXSyiHj_LI-g",
           *       "nickname": "小林",
           *       "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/example/132",
           *       "scope": [
           *         "snsapi_userinfo"
           *       ],
           *       "grantedAt": 1793000000,
           *       "expiresAt": 1795592000,
           *       "profileFetchedAt": 1793000000
           *     }
           */
          'application/json': components['schemas']['User'];
        };
      };
      /**
       * @description - `invalid_parameter`: A parameter has a value that is not allowed.
       *     - `repeated_parameter`: A parameter is given more than once.
       *     - `unknown_parameter`: The request has a parameter this route does not know.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `authorization_needed`: The user has to authorize the account again.
       *     - `key_missing`: An API key is needed, in the header Authorization after the word Bearer.
       *     - `key_unknown`: The API key is not known.
       */
      401: {
        headers: {
          'WWW-Authenticate': components['headers']['WWW-Authenticate'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `scope_missing`: The API key does not have the scope this route needs.
       *     - `account_not_allowed`: The API key or session is not for this account.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description - `openid_unknown`: The openid is not of this account.
       *     - `account_unknown`: There is no such account here.
       */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `wechat_quota`: WeChat's quota for this call is used up. */
      429: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Too Many Requests"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /**
       * @description - `wechat_refused`: WeChat refused the call.
       *     - `wechat_unreachable`: WeChat gave no usable answer.
       */
      502: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  health: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Up. `degraded`: the last refresh of an account failed, and users notice nothing as long as its token is usable. `down`: an account has no usable token, and calls that need it answer 503. `waiting`: it has none, and the next call has one made. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok",
           *       "accounts": [
           *         {
           *           "account": "wx0123456789abcdef",
           *           "state": "ok",
           *           "usableUntil": 1793007200
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Health'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
  domainFile: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The name of the file.
         * @example MP_verify_AbC123.txt
         */
        file: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example AbC123 */
          'text/plain': string;
        };
      };
      /** @description - `file_unknown`: There is no such file here. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Not Found"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      429: components['responses']['GatewayMessage'];
      /** @description - `internal`: Something went wrong on our side. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Internal Server Error"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      /** @description - `service_busy`: The service is busy, and did not get done in time. */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After'];
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
          /**
           * @example {
           *       "message": "Service Unavailable"
           *     }
           */
          'application/json': components['schemas']['GatewayMessage'];
        };
      };
      default: components['responses']['Problem'];
    };
  };
}
