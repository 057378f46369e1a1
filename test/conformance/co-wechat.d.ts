/** The parts of co-wechat-api and co-wechat-oauth that are used here; neither package has types of its own. */

declare module 'co-wechat-api' {
  import type { Agent } from 'node:https';

  namespace API {
    interface AccessToken {
      accessToken: string;
      /** Unix milliseconds. */
      expireTime: number;
    }
    interface FollowerPage {
      total: number;
      count: number;
      data?: { openid: string[] };
      next_openid: string;
    }
    interface Follower {
      subscribe: number;
      openid: string;
      [field: string]: unknown;
    }
    interface JsConfig {
      appId: string;
      timestamp: string;
      nonceStr: string;
      signature: string;
      jsApiList: string[];
    }
  }

  class API {
    prefix: string;
    fileServerPrefix: string;
    snsPrefix: string;
    constructor(
      appid: string,
      secret: string,
      getToken?: () => Promise<API.AccessToken | null>,
      saveToken?: (token: API.AccessToken | null) => Promise<void>,
    );
    setOpts(options: { agent: Agent }): void;
    ensureAccessToken(): Promise<API.AccessToken>;
    getAccessToken(): Promise<API.AccessToken>;
    saveToken(token: API.AccessToken | null): Promise<void>;
    sendTemplate(
      openid: string,
      templateId: string,
      url: string,
      color: string,
      data: object,
    ): Promise<{ msgid: number }>;
    uploadMedia(path: string, type: string): Promise<{ media_id: string }>;
    getMedia(mediaId: string): Promise<unknown>;
    uploadMaterial(path: string, type: string): Promise<{ media_id: string }>;
    getMaterial(mediaId: string): Promise<unknown>;
    getFollowers(nextOpenid?: string): Promise<API.FollowerPage>;
    getUser(options: string | { openid: string; lang: string }): Promise<API.Follower>;
    batchGetUsers(openids: string[], lang?: string): Promise<{ user_info_list: API.Follower[] }>;
    getTicket(type?: string): Promise<{ ticket: string }>;
    getJsConfig(page: { debug: boolean; jsApiList: string[]; url: string }): Promise<API.JsConfig>;
    getCardExt(card: {
      card_id: string;
      code: string;
    }): Promise<{ timestamp: string; signature: string; code: string }>;
  }

  export = API;
}

declare module 'co-wechat-oauth' {
  import type { Agent } from 'node:https';

  namespace OAuth {
    interface Grant {
      access_token: string;
      expires_in: number;
      refresh_token: string;
      openid: string;
      scope: string;
      unionid?: string;
      is_snapshotuser?: number;
      /** Unix milliseconds, by the client's own clock. */
      create_at: number;
    }
    interface User {
      openid: string;
      nickname: string;
      headimgurl: string;
      unionid?: string;
    }
  }

  class OAuth {
    constructor(appid: string, secret: string);
    setOpts(options: { agent: Agent }): void;
    getAuthorizeURL(redirect: string, state: string, scope?: string): string;
    getAccessToken(code: string): Promise<{ data: OAuth.Grant }>;
    refreshAccessToken(refreshToken: string): Promise<{ data: OAuth.Grant }>;
    getUser(options: string | { openid: string; lang: string }): Promise<OAuth.User>;
    getUserByCode(code: string): Promise<OAuth.User>;
    verifyToken(openid: string, accessToken: string): Promise<{ errcode: number; errmsg: string }>;
  }

  export = OAuth;
}
