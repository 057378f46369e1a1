/** What somebody might send to an operation, and what they might get. */
export interface OperationExample {
  readonly query?: Readonly<Record<string, unknown>>;
  /** Of `{name+}` in the path. */
  readonly rest?: string;
  readonly body?: unknown;
  /** The body of the answer with status 200. */
  readonly answer?: unknown;
  /** Where an answer that redirects leads. */
  readonly location?: string;
}

const appId = 'wx0123456789abcdef';
const key = 'wk_replace-with-a-key';
const openid = 'oqwmaYgg4D1erDveiXSyiHj_LI-g';
const otherOpenid = 'oqwmaY0h0jfs7E2CNWXYTrjACGzQ';
const avatar = 'https://thirdwx.qlogo.cn/mmopen/vi_32/example/132';
const token = '95_example-of-an-access-token';
const replacement = '96_example-of-the-next-token';
const ticket = 'example-of-a-ticket';
const signature = 'f4d90daf4b3bca3078ab155816175ba34c443a7b';
const page = 'https://www.example.com/';

const follower = {
  openid,
  subscribed: true,
  subscribedAt: 1_793_000_000,
  nickname: '小林',
  avatar,
  profileFrom: 'consent',
  language: 'zh_CN',
  tagIds: [2],
  subscribeScene: 'ADD_SCENE_QR_CODE',
};
const me = {
  account: appId,
  openid,
  nickname: '小林',
  avatar,
  scope: ['snsapi_userinfo'],
  grantedAt: 1_793_000_000,
  expiresAt: 1_795_592_000,
};
const done = { errcode: 0, errmsg: 'ok' };
const askToken = { grant_type: 'client_credential', appid: appId, secret: key };
const dropInToken = { access_token: 'wkt_example-of-a-token-of-the-drop-in', expires_in: 7200 };
const dropInTicket = { ...done, ticket, expires_in: 7200 };
const grant = {
  access_token: 'example-of-a-token-of-a-user',
  expires_in: 7200,
  refresh_token: 'example-of-a-refresh-token',
  openid,
  scope: 'snsapi_userinfo',
};
const signedPush = { signature, timestamp: '1793000000', nonce: '1320562132' };

/** By the names of the routes. */
export const operationExamples: Readonly<Record<string, OperationExample>> = {
  listFollowers: {
    query: {
      cursor: 'm.bzEuMTc5MzAwMDAwMA.5f2c',
      limit: 2,
      order: 'newest',
      tag: 2,
      scene: 'ADD_SCENE_QR_CODE',
      has_profile: 'true',
      include: 'profile',
    },
    answer: { total: 23_000, openids: [openid], followers: [follower], next: 'm.bzEuMTc5MzAwMDAwMA.5f2c' },
  },
  countFollowers: {
    answer: {
      total: 23_000,
      withProfile: 410,
      tags: { 2: 120 },
      scenes: { ADD_SCENE_QR_CODE: 15_000, ADD_SCENE_SEARCH: 8_000 },
      syncedAt: 1_793_000_000,
      detailsAt: 1_792_800_000,
      current: true,
    },
  },
  getFollower: { query: { lang: 'zh_CN', refresh: 'false' }, answer: follower },
  lookupFollowers: {
    body: { openids: [openid, otherOpenid], lang: 'zh_CN', refresh: false },
    answer: { followers: [follower], unknown: [otherOpenid] },
  },
  listAvatars: { query: { limit: 50, size: '132' }, answer: [avatar] },
  getToken: { answer: { access_token: token, expires_in: 5400 } },
  reportToken: {
    body: { access_token: token },
    answer: { access_token: replacement, expires_in: 7200, replaced: true },
  },
  getTicket: { query: { type: 'jsapi' }, answer: { ticket, expires_in: 5400 } },
  getJssdkConfig: {
    query: { url: page },
    answer: { appId, timestamp: 1_793_000_000, nonceStr: '8f2b1c5d9e7a4036b1d2c3f4', signature },
  },
  getUsage: {
    query: { day: '2026-11-30' },
    answer: {
      day: '2026-11-30',
      apis: [
        { api: '/cgi-bin/stable_token', calls: 13 },
        { api: '/cgi-bin/user/info', calls: 1204, limit: 500_000 },
      ],
    },
  },
  authorize: {
    query: { scope: 'snsapi_userinfo', forcePopup: 'false', return_to: page },
    location: `https://open.weixin.qq.com/connect/oauth2/authorize?appid=${appId}&redirect_uri=https%3A%2F%2Fkeyring.example.com%2Fv1%2Faccounts%2F${appId}%2Foauth%2Fcallback&response_type=code&scope=snsapi_userinfo&state=example#wechat_redirect`,
  },
  callback: {
    query: { code: 'example-of-a-code', state: 'example-of-a-state' },
    location: `${page}#`,
    answer: '<!doctype html><title>…</title>',
  },
  logout: { query: { everywhere: 'false' } },
  getMe: { answer: me },
  deleteMe: { answer: { removed: { grants: 1, sessions: 2, profiles: 1, followers: 1 } } },
  getUser: { query: { refresh: 'false' }, answer: { ...me, profileFetchedAt: 1_793_000_000 } },
  checkEventsUrl: { query: { ...signedPush, echostr: '4375120948345356249' }, answer: '4375120948345356249' },
  receiveEvent: {
    query: { ...signedPush, msg_signature: signature, encrypt_type: 'aes', openid },
    body: `<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[${openid}]]></FromUserName><CreateTime>1793000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>`,
    answer: 'success',
  },
  health: {
    answer: { status: 'ok', accounts: [{ account: appId, state: 'ok', usableUntil: 1_793_007_200 }] },
  },
  domainFile: { answer: 'AbC123' },
  getDropInToken: { answer: dropInToken },
  postDropInToken: { body: askToken, answer: dropInToken },
  postDropInStableToken: { body: askToken, answer: dropInToken },
  getDropInTicket: { answer: dropInTicket },
  postDropInTicket: { body: { type: 'jsapi' }, answer: dropInTicket },
  getDropInGrant: { answer: grant },
  postDropInGrant: { body: { code: 'example-of-a-code' }, answer: grant },
  passCgiBin: { rest: 'user/info/updateremark', body: { openid, remark: 'VIP' }, answer: done },
  passCard: { rest: 'code/consume', body: { code: '110201201245' }, answer: done },
  passDatacube: {
    rest: 'getusersummary',
    body: { begin_date: '2026-11-24', end_date: '2026-11-30' },
    answer: { list: [{ ref_date: '2026-11-30', user_source: 0, new_user: 12, cancel_user: 3 }] },
  },
  passCustomservice: { rest: 'kfaccount/add', body: { kf_account: 'test1@test' }, answer: done },
  passShakearound: { rest: 'device/search', body: { type: 2, begin: 0, count: 10 }, answer: done },
  passDevice: { rest: 'getqrcode', body: {}, answer: done },
  passBizwifi: { rest: 'shop/list', body: { pageindex: 1 }, answer: done },
  passCv: { rest: 'ocr/comm', body: {}, answer: done },
  passWxaapi: { rest: 'newtmpl/gettemplate', body: {}, answer: done },
  passWxa: { body: {}, answer: done },
  passMerchant: { rest: 'get', body: {}, answer: done },
  passSemantic: {
    rest: 'semproxy/search',
    body: { query: '查一下明天从北京到上海的南航机票' },
    answer: done,
  },
  passScan: { rest: 'product/get', body: {}, answer: done },
  passMarketing: { rest: 'user_action_sets/get', body: {}, answer: done },
  passPublisher: { rest: 'stat', body: {}, answer: done },
  passPay: { body: {}, answer: done },
  passPayfeedback: { rest: 'update', body: {}, answer: done },
  passSns: { rest: 'userinfo', body: {}, answer: { openid, nickname: '小林', headimgurl: avatar } },
};
