import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** Which of the platform's two dialects an answer speaks: they place the `rid` differently. */
export type Dialect = 'cgi-bin' | 'sns';

/** Thrown by an endpoint to answer with an errcode. `text` replaces the usual errmsg (without its rid). */
export class WeChatError extends Error {
  readonly errcode: number;
  readonly text: string | undefined;

  constructor(errcode: number, text?: string) {
    super(text ?? `errcode ${errcode}`);
    this.name = 'WeChatError';
    this.errcode = errcode;
    this.text = text;
  }
}

const getStableTokenHint =
  'could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r';

const texts = new Map<number, string>([
  [-1, 'system error'],
  [40001, 'invalid credential, access_token is invalid or not latest'],
  [40002, 'invalid grant_type'],
  [40003, 'invalid openid'],
  [40004, 'invalid media type'],
  [40007, 'invalid media_id'],
  [40013, 'invalid appid'],
  [40014, 'invalid access_token'],
  [40029, 'invalid code'],
  [40030, 'invalid refresh_token'],
  [40032, 'invalid openid list size'],
  [40037, 'invalid template_id'],
  [40097, 'invalid args'],
  [40125, 'invalid appsecret, view more at http://t.cn/RAEkdVq'],
  [40163, 'code been used'],
  [40243, 'AppSecret is frozen'],
  [41001, 'access_token missing'],
  [41002, 'appid missing'],
  [41003, 'refresh_token missing'],
  [41004, 'appsecret missing'],
  [41005, 'media data missing'],
  [41008, 'missing code'],
  [41009, 'missing openid'],
  [42001, 'access_token expired'],
  [42002, 'refresh_token expired'],
  [42003, 'code expired'],
  [42007, 'access_token and refresh_token exception'],
  [43001, 'require GET method'],
  [43002, 'require POST method'],
  [43003, 'require https'],
  [43004, 'require subscribe'],
  [44002, 'empty post data'],
  [45001, 'media size out of limit'],
  [45009, 'reach max api daily quota limit'],
  [45011, 'api minute-quota reach limit mustslower retry next minute'],
  [45026, 'template num exceeds limit'],
  [47001, 'data format error'],
  [48001, 'api unauthorized'],
  [48004, 'api forbidden for irregularities'],
  [48006, 'forbid to clear quota because of reaching the limit'],
  [50002, 'user limited'],
  [50004, 'user not allow to use accesstoken, maybe for punishment'],
  [76021, 'cgi_path not found, please check'],
  [76022, 'could not use this cgi_path,no permission'],
  [89501, 'confirmation of this ip is pending'],
  [89503, 'this ip needs the confirmation of the administrator'],
  [89506, 'this ip was refused twice, try again in 24 hours'],
  [89507, 'this ip was refused, try again in 1 hour'],
]);

/** The errmsg of an errcode as the given path words it, before its rid. `clientIp` is quoted by 40164. */
export function errorText(errcode: number, path: string, clientIp: string): string {
  if (errcode === 40164) {
    const inIPv6 = isIPv6(clientIp) ? clientIp : `::ffff:${clientIp}`;
    return `invalid ip ${clientIp} ipv6 ${inIPv6}, not in whitelist`;
  }
  const text = texts.get(errcode) ?? 'error';
  const pointsToStableToken =
    (errcode === 45009 && path === '/cgi-bin/token') || (errcode === 40001 && dialectOf(path) === 'cgi-bin');
  return pointsToStableToken ? `${text}, ${getStableTokenHint}` : text;
}

/** The dialect of a platform path. */
export function dialectOf(path: string): Dialect {
  return path.startsWith('/sns/') ? 'sns' : 'cgi-bin';
}

/** A request id: three groups of eight hex digits, of which the first is the Unix time. */
function createRid(now: number): string {
  const random = randomBytes(8).toString('hex');
  return `${now.toString(16).padStart(8, '0')}-${random.slice(0, 8)}-${random.slice(8)}`;
}

/** The JSON body of a refusal: cgi-bin puts a blank before the rid, sns a comma and a blank. */
export function errorBody(
  errcode: number,
  text: string,
  path: string,
  now: number,
): { errcode: number; errmsg: string } {
  const rid = createRid(now);
  if (dialectOf(path) === 'cgi-bin') return { errcode, errmsg: `${text} rid: ${rid}` };
  const tail = errcode === -1 ? `hints: [ req_id: ${rid.slice(-8)} ]` : `rid: ${rid}`;
  return { errcode, errmsg: `${text}, ${tail}` };
}
