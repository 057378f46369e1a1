import type { User } from './followers.ts';

/** A person that the page offers to be. */
export interface Visitor {
  readonly user: User;
  readonly picture: string;
}

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, 'PingFang SC', sans-serif; }
  body { max-width: 24rem; margin: 0 auto; padding: 2rem 1.25rem; text-align: center; }
  h1 { font-size: 1.25rem; }
  img { width: 72px; height: 72px; border-radius: 8px; }
  select, button { width: 100%; min-height: 48px; font: inherit; border-radius: 8px; margin-top: 0.75rem; }
  button { border: 0; }
  #allow { background: #07803f; color: #fff; }
  #deny { background: #e5e5e5; color: #111; }
  .note { color: #6a6a6a; font-size: 0.875rem; }
  @media (prefers-color-scheme: dark) { .note { color: #a3a3a3; } }
  [hidden] { display: none; }
`;

/**
 * The dialog that asks for snsapi_userinfo. `query` is that of the authorize link: the form sends it back,
 * so that an answer is checked as the link was.
 */
export function consentPage(page: {
  query: string;
  appid: string;
  visitors: readonly Visitor[];
  current: string;
}): string {
  const options = page.visitors.map(({ user, picture }) => {
    const selected = user.openid === page.current ? ' selected' : '';
    const label = `${user.nickname} · ${user.openid.slice(-6)}`;
    return `<option value="${escape(user.openid)}" data-picture="${escape(picture)}"${selected}>${escape(label)}</option>`;
  });
  const picture = page.visitors.find(({ user }) => user.openid === page.current)?.picture ?? '';
  return document(
    '授权 · Authorize',
    `<main id="consent">
      <h1><span lang="zh">网页申请获取你的昵称和头像</span><br><span lang="en">This page asks for your nickname and picture</span></h1>
      <p class="note">${escape(page.appid)}</p>
      <p><img id="picture" src="${escape(picture)}" alt="" width="72" height="72"></p>
      <form method="post" action="/connect/confirm">
        <input type="hidden" name="query" value="${escape(page.query)}">
        <label for="user"><span lang="zh">你是</span> · <span lang="en">You are</span></label>
        <select id="user" name="openid">${options.join('')}</select>
        <button id="allow" name="decision" value="allow"><span lang="zh">允许</span> · <span lang="en">Allow</span></button>
        <button id="deny" name="decision" value="deny"><span lang="zh">拒绝</span> · <span lang="en">Deny</span></button>
      </form>
      <p class="note"><span lang="zh">模拟的微信，不是真的。</span> <span lang="en">A simulated WeChat, not the real one.</span></p>
    </main>
    <main id="no-fragment" hidden>
      <h1><span lang="zh">链接无法打开</span><br><span lang="en">This link cannot be opened</span></h1>
      <p>#wechat_redirect <span lang="zh">缺失</span> · <span lang="en">is missing at its end</span></p>
    </main>
    <script>
      if (location.hash !== '#wechat_redirect') {
        document.getElementById('consent').hidden = true;
        document.getElementById('no-fragment').hidden = false;
      }
      const user = document.getElementById('user');
      user.addEventListener('change', () => {
        document.getElementById('picture').src = user.selectedOptions[0].dataset.picture;
      });
    </script>`,
  );
}

/** An error page of the authorize address: HTML with a number, where the platform has one for the case. */
export function errorPage(code: number | undefined, message: string): string {
  return document(
    '错误 · Error',
    `<main id="error" data-code="${code ?? ''}">
      <h1><span lang="zh">无法授权</span><br><span lang="en">Cannot authorize</span></h1>
      <p>${code === undefined ? '' : `<span lang="zh">错误码</span> · <span lang="en">Code</span> ${code}: `}${escape(message)}</p>
    </main>`,
  );
}

/** What stays on the screen after a refusal, where the platform sends no redirect. */
export function deniedPage(): string {
  return document(
    '已拒绝 · Denied',
    `<main id="denied">
      <h1><span lang="zh">已拒绝，请返回</span><br><span lang="en">Denied. Go back to leave this page.</span></h1>
    </main>`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
