/** The parts of wechat-api that are used here; the package has no types of its own. */
declare module 'wechat-api' {
  type Callback<T> = (error: Error | null, result: T) => void;

  namespace API {
    interface AccessToken {
      accessToken: string;
      /** Unix milliseconds. */
      expireTime: number;
    }
    interface FollowerPage {
      data?: { openid: string[] };
      next_openid: string;
    }
    interface Follower {
      subscribe: number;
      openid: string;
    }
  }

  class API {
    endpoint: string;
    fileServerPrefix: string;
    constructor(appid: string, secret: string);
    getLatestToken(callback: Callback<API.AccessToken>): void;
    getAccessToken(callback: Callback<API.AccessToken>): void;
    getFollowers(nextOpenid: string, callback: Callback<API.FollowerPage>): void;
    getUser(openid: string, callback: Callback<API.Follower>): void;
    batchGetUsers(openids: string[], callback: Callback<{ user_info_list: API.Follower[] }>): void;
    getTicket(type: string, callback: Callback<{ ticket: string }>): void;
    sendTemplate(
      openid: string,
      templateId: string,
      url: string,
      color: string,
      data: object,
      callback: Callback<{ msgid: number }>,
    ): void;
    uploadMedia(path: string, type: string, callback: Callback<{ media_id: string }>): void;
    getMedia(mediaId: string, callback: Callback<unknown>): void;
    uploadMaterial(path: string, type: string, callback: Callback<{ media_id: string }>): void;
    getMaterial(mediaId: string, callback: Callback<unknown>): void;
  }

  export = API;
}
