import { Keyring, KeyringError, type Me } from '../client/index.ts';
import { element, fill, label } from './dom.ts';
import { bind, currentLanguage, switchLanguage, type Phrase } from './language.ts';
import type { Fault } from './texts.ts';
import {
  accountView,
  emptyView,
  faultView,
  heading,
  loginView,
  profileView,
  startingView,
  wallSkeleton,
  wallView,
  type Farewell,
  type Visitor,
} from './views.ts';

/** As many followers as the service asks WeChat about in one call. */
const limit = 100;

const keyring = new Keyring({ baseUrl: setting('keyring-api'), account: setting('keyring-account') });
const main = need('main');
const status = need('status');
const language = need('language');

bind(language, (texts) => {
  document.title = texts.title;
  document.documentElement.lang = currentLanguage();
  language.textContent = texts.otherLanguage;
  language.lang = currentLanguage() === 'en' ? 'zh-CN' : 'en';
});
language.addEventListener('click', switchLanguage);
// A page that the browser brings back from its memory may show a session that is over.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) void start();
});
void start();

/** Finds out who is here, and shows the wall or the login. */
async function start(): Promise<void> {
  say((texts) => texts.loading);
  fill(main, startingView());
  let visitor: Visitor;
  try {
    visitor = visitorOf(await keyring.me());
  } catch (error) {
    const fault = faultOf(error);
    if (fault.needsLogin) {
      showLogin(fault.code === 'session_expired' ? 'sessionEnded' : undefined);
    } else {
      showFault(main, 'h1', (texts) => texts.fault.pageHeading, fault, start);
    }
    return;
  }
  await showWall(visitor);
}

function visitorOf({ nickname, avatar, scope, expiresAt }: Me): Visitor {
  const given = (text: string | undefined) => (text === '' ? undefined : text);
  return {
    nickname: given(nickname),
    avatar: given(avatar),
    sharesProfile: scope.includes('snsapi_userinfo'),
    expiresAt,
  };
}

function showLogin(farewell?: Farewell): void {
  const view = loginView(loginUrl(), farewell);
  fill(main, view);
  say((texts) => (farewell ? texts.login[farewell] : ''));
  if (farewell) view.querySelector('h1')?.focus();
}

function loginUrl(): string {
  // An address without what a login may have left in its query.
  return keyring.loginUrl({ returnTo: location.origin + location.pathname });
}

async function showWall(visitor: Visitor): Promise<void> {
  const title = heading('h2', (texts) => texts.wall.heading);
  const count = element('p', { class: 'note', id: 'wall-count' });
  const body = element('div');
  const wall = element('section', { class: 'wall' }, element('div', { class: 'title' }, title, count), body);
  label(wall, 'aria-label', (texts) => texts.wall.heading);
  fill(
    main,
    profileView(visitor, loginUrl(), () => end(keyring.logout(), 'loggedOut')),
    wall,
    accountView(
      () => end(keyring.logout({ everywhere: true }), 'loggedOutEverywhere'),
      () => end(keyring.deleteMe(), 'deleted'),
    ),
  );
  await load();

  async function load(): Promise<void> {
    if (body.contains(document.activeElement)) title.focus();
    wall.setAttribute('aria-busy', 'true');
    fill(body, wallSkeleton());
    say((texts) => texts.wall.loading);
    try {
      const urls = await keyring.avatars({ limit, size: '132' });
      if (!wall.isConnected) return;
      if (urls.length === 0) {
        fill(body, emptyView(load));
        say((texts) => texts.wall.emptyHeading);
        return;
      }
      const shown: Phrase = (texts) => texts.wall.count(urls.length);
      fill(count, element('span', {}, shown));
      fill(body, wallView(urls, visitor.avatar));
      say(shown);
    } catch (error) {
      // Who has logged out meanwhile hears nothing more of the wall.
      if (!wall.isConnected) return;
      const fault = faultOf(error);
      if (fault.needsLogin) showLogin('sessionEnded');
      else showFault(body, 'h3', (texts) => texts.fault.wallHeading, fault, load);
    } finally {
      wall.removeAttribute('aria-busy');
    }
  }
}

/** Says farewell when `act` has ended the session. Rejects when it did not work. */
async function end(act: Promise<unknown>, farewell: Farewell): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!faultOf(error).needsLogin) throw error;
    // It was over already. What else was asked for, on other devices say, has not been done.
    showLogin(farewell === 'loggedOut' ? farewell : 'sessionEnded');
    return;
  }
  showLogin(farewell);
}

function showFault(
  place: HTMLElement,
  level: 'h1' | 'h3',
  title: Phrase,
  fault: Fault,
  retry: () => Promise<void>,
): void {
  fill(place, faultView(level, title, fault, retry));
  say((texts) => `${title(texts)}: ${texts.fault.explain(fault)}`);
}

/** Tells those who hear the page what has changed on it. */
function say(phrase: Phrase): void {
  fill(status, element('span', {}, phrase));
}

/** Anything but a KeyringError is a fault of this page. */
function faultOf(error: unknown): Fault {
  return error instanceof KeyringError ? error : { code: 'page', retryAfter: undefined, needsLogin: false };
}

function setting(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}

function need(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found;
}
