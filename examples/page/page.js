// @ts-check
/** A page without a build: logs a user in through WeChat, greets them, and shows pictures of followers. */

const { api = '', account = 'default' } = document.body.dataset;
const root = `${api}/v1/accounts/${account}`;

/**
 * The session is a cookie of the API's, so it has to be sent along.
 *
 * @param {string} path
 * @param {RequestInit} [init]
 */
function call(path, init) {
  return fetch(root + path, { credentials: 'include', ...init });
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element ${id}.`);
  return found;
}

async function show() {
  const answer = await call('/me');
  const isLoggedIn = answer.ok;
  element('login').hidden = isLoggedIn;
  element('logout').hidden = !isLoggedIn;
  element('wall').replaceChildren();
  if (answer.status === 401) {
    element('greeting').textContent = 'You are not logged in.';
    return;
  }
  const told = /** @type {{ nickname?: string, code?: string }} */ (await answer.json());
  if (!isLoggedIn) {
    element('greeting').textContent = `It does not work at the moment: ${told.code ?? answer.status}.`;
    return;
  }
  element('greeting').textContent = `Welcome, ${told.nickname ?? 'whoever you are'}!`;
  await showWall();
}

async function showWall() {
  const answer = await call('/avatars?limit=12&size=64');
  if (!answer.ok) return;
  const urls = /** @type {string[]} */ (await answer.json());
  const pictures = urls.map((url) => {
    const picture = document.createElement('img');
    Object.assign(picture, { src: url, alt: '', width: 64, height: 64, referrerPolicy: 'no-referrer' });
    return picture;
  });
  element('wall').replaceChildren(...pictures);
}

// WeChat leads back to this page. Its origin has to be among those of the account: `account set --origin`.
const returnTo = encodeURIComponent(location.origin + location.pathname);
element('login').setAttribute('href', `${root}/oauth/authorize?return_to=${returnTo}`);
element('logout').addEventListener('click', () => {
  // No foreign form can send this header, and the API wants it where something is changed.
  void call('/oauth/logout', { method: 'POST', headers: { 'X-Keyring-CSRF': '1' } }).then(show);
});
await show();
