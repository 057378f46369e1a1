import type { ProblemCode } from '../platform/errors.ts';

/** A sentence in both languages of the pages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** What a page tells a person: a heading, an explanation, and perhaps where to go next. */
export interface PageContent {
  readonly heading: Bilingual;
  readonly text: Bilingual;
  readonly link?: { readonly href: string; readonly label: Bilingual } | undefined;
}

const again = {
  zh: '请返回原页面，重新登录。',
  en: 'Please go back to the page you came from and log in again.',
};

/** What a link to a new login says. */
export const loginAgain: Bilingual = { zh: '重新登录', en: 'Log in again' };

const wrongRequest: Bilingual = { zh: '请求有误', en: 'The request is not right' };

const generalContent: PageContent = {
  heading: { zh: '出错了', en: 'That did not work' },
  text: {
    zh: '服务暂时遇到问题，请稍后再试。',
    en: 'The service has a problem at the moment. Please try again later.',
  },
};

/** What people are told about the faults they can meet in their browser; for others `generalContent` is shown. */
const contents: Partial<Record<ProblemCode, PageContent>> = {
  account_unknown: {
    heading: { zh: '公众号不存在', en: 'Unknown account' },
    text: { zh: '该公众号没有在本服务登记。', en: 'This account is not registered here.' },
  },
  account_borrowed: {
    heading: { zh: '此处无法登录', en: 'Nobody can log in here' },
    text: {
      zh: '该公众号由另一套服务管理，请在那里登录。',
      en: 'This account belongs to another deployment of the service. Please log in there.',
    },
  },
  return_to_not_allowed: {
    heading: { zh: '不允许返回该地址', en: 'This return address is not allowed' },
    text: {
      zh: '该公众号不允许登录后返回这个地址。',
      en: 'The address to return to is not one of the sites that this account allows.',
    },
  },
  state_unknown: { heading: { zh: '登录请求无效', en: 'Unknown login attempt' }, text: again },
  state_expired: { heading: { zh: '登录请求已过期', en: 'This login attempt has expired' }, text: again },
  state_used: { heading: { zh: '登录请求已被使用', en: 'This login attempt was already used' }, text: again },
  state_foreign: {
    heading: { zh: '登录请求来自其他浏览器', en: 'This login attempt belongs to another browser' },
    text: again,
  },
  login_cookie_missing: {
    heading: { zh: '浏览器没有保留这次登录', en: 'Your browser did not keep this login' },
    text: {
      zh: '浏览器可能没有保存本站的数据，或者登录花的时间太长。请重新登录。',
      en: 'It may refuse cookies, or the login took too long. Please log in again.',
    },
  },
  service_busy: {
    heading: { zh: '服务正忙', en: 'The service is busy' },
    text: { zh: '请稍等片刻再试。', en: 'Please wait a moment and try again.' },
  },
  code_refused: {
    heading: { zh: '这次登录已失效', en: 'This login is not valid any more' },
    text: again,
  },
  login_unfinished: { heading: { zh: '登录没有完成', en: 'The login did not finish' }, text: again },
  wechat_refused: {
    heading: { zh: '微信没有接受登录', en: 'WeChat did not accept the login' },
    text: again,
  },
  wechat_unreachable: {
    heading: { zh: '暂时无法连接微信', en: 'WeChat cannot be reached at the moment' },
    text: again,
  },
  repeated_parameter: { heading: wrongRequest, text: again },
  invalid_parameter: { heading: wrongRequest, text: again },
};

/** What is wrong with a parameter, before what to do about it. */
const parameterFaults: Partial<Record<ProblemCode, (name: string) => Bilingual>> = {
  repeated_parameter: (name) => ({
    zh: `链接里的参数 ${name} 出现了不止一次。`,
    en: `The link has the parameter ${name} more than once.`,
  }),
  invalid_parameter: (name) => ({
    zh: `链接里缺少参数 ${name}，或者它的值不对。`,
    en: `The link lacks the parameter ${name}, or has a wrong value for it.`,
  }),
};

/** What a person is told about a fault. `parameter`: the one at fault. */
export function problemPageContent(code: ProblemCode, parameter?: string): PageContent {
  const content = contents[code] ?? generalContent;
  const fault = parameter === undefined ? undefined : parameterFaults[code]?.(parameter);
  if (!fault) return content;
  const { heading, text } = content;
  return { heading, text: { zh: fault.zh + text.zh, en: `${fault.en} ${text.en}` } };
}

/** The page's own content security policy: its one style element and nothing else, and no other page around it. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A complete page, readable on a phone. `quotable`: a code and an id, which are shown so that a person can quote them. */
export function renderPage({ heading, text, link }: PageContent, quotable: readonly string[] = []): string {
  const anchor = link
    ? `<p><a href="${escapeHtml(link.href)}">${escapeHtml(link.label.zh)} / ${escapeHtml(link.label.en)}</a></p>`
    : '';
  return `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading.zh)} / ${escapeHtml(heading.en)}</title>
<style>
body { font: 1rem/1.6 -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; max-width: 32rem; margin: 15vh auto 0; padding: 0 1.25rem; color: #222; background: #fff }
h1 { font-size: 1.35rem; line-height: 1.35 }
a { display: inline-block; padding: .7rem 1.4rem; border-radius: .75rem; background: #0a7a43; color: #fff; text-decoration: none }
code { color: #5b665f }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #111 } code { color: #9da8a1 } }
</style>
<h1>${escapeHtml(heading.zh)}<br><span lang="en">${escapeHtml(heading.en)}</span></h1>
<p>${escapeHtml(text.zh)}</p>
<p lang="en">${escapeHtml(text.en)}</p>
${anchor}
${quotable.map((text) => `<p><code>${escapeHtml(text)}</code></p>`).join('\n')}
</html>
`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
