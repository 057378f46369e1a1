import { KeyringError } from '../platform/errors.ts';
import { PassedApiError } from '../wechat/passed-call.ts';
import { WeChatUnreachableError } from '../wechat/errors.ts';

/**
 * The errcodes that the drop-in itself answers, with the words that WeChat has for them. SDKs look at the code alone:
 * at 40001, 40014 and 42001 they ask for another token and call again, so none of these ever stands for a fault of the
 * service. At -1 WxJava sends the same call again, five times, so a call that may have been carried out is 61450.
 *
 * @see https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
 */
const words = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40013: 'invalid appid',
  40035: 'invalid parameter',
  40066: 'invalid url',
  40097: 'invalid args',
  40125: 'invalid appsecret',
  41001: 'access_token missing',
  41002: 'appid missing',
  41004: 'appsecret missing',
  41008: 'missing code',
  42001: 'access_token expired',
  43002: 'require POST method',
  45001: 'media size out of limit',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  48001: 'api unauthorized',
  61450: 'system error',
} as const;

/** An errcode of the drop-in's own. */
export type DropInErrcode = keyof typeof words;

/** A fault that an SDK is told about in WeChat's dialect. `detail` is for people, and names no secret. */
export class DropInError extends Error {
  override readonly name = 'DropInError';
  readonly errcode: DropInErrcode;
  readonly errmsg: string;

  constructor(errcode: DropInErrcode, detail?: string) {
    const errmsg = detail === undefined ? words[errcode] : `${words[errcode]}: ${detail}`;
    super(`${errcode} ${errmsg}`);
    this.errcode = errcode;
    this.errmsg = errmsg;
  }
}

/** No answer came to a call that was sent, so nobody may send it again without thinking. */
export function answerLost(): DropInError {
  return new DropInError(61450, 'no answer came, and WeChat may have carried the call out');
}

/** The fault in WeChat's dialect, whatever was thrown. What is not the caller's doing is -1, after which SDKs try again. */
export function toDropInError(error: unknown): DropInError {
  if (error instanceof DropInError) return error;
  if (error instanceof KeyringError) return fromKeyringError(error);
  if (error instanceof WeChatUnreachableError && error.reason === 'too_large') {
    return new DropInError(45001, 'the answer is larger than the drop-in can pass on');
  }
  if (error instanceof WeChatUnreachableError) {
    return error.outcome === 'unknown' ? answerLost() : new DropInError(-1, error.code);
  }
  return new DropInError(-1);
}

function fromKeyringError({ code, extras }: KeyringError): DropInError {
  switch (code) {
    case 'account_unknown':
      return new DropInError(40013);
    case 'wechat_quota':
      if (extras.errcode === 45011) return new DropInError(45011);
      // Without an errcode it is no quota of WeChat's.
      return new DropInError(
        45009,
        extras.errcode === undefined ? 'the key has used up its calls of today' : undefined,
      );
    default:
      return new DropInError(-1, code);
  }
}

/** Whether it is the service's own trouble, of which its log has to say more. */
export function isOwnTrouble(error: unknown): boolean {
  if (error instanceof PassedApiError) return false;
  const { errcode } = toDropInError(error);
  return errcode === -1 || errcode === 61450;
}
