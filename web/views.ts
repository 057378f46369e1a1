import { button, drawing, element, fill, label, text } from './dom.ts';
import type { Phrase } from './language.ts';
import type { Fault } from './texts.ts';

/** The user who is logged in. `nickname` and `avatar` are absent where the user shares none. */
export interface Visitor {
  readonly nickname: string | undefined;
  readonly avatar: string | undefined;
  /** Whether the user has allowed that name and picture are shown; false after a silent login. */
  readonly sharesProfile: boolean;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Why the login is shown to somebody who was logged in a moment ago. */
export type Farewell = 'loggedOut' | 'loggedOutEverywhere' | 'deleted' | 'sessionEnded';

/** The view of somebody who is not logged in. */
export function loginView(loginUrl: string, farewell?: Farewell): HTMLElement {
  const elsewhere = !/MicroMessenger/i.test(navigator.userAgent) && !isThisMachine();
  return element(
    'section',
    { class: 'login', id: 'login' },
    mosaic(),
    farewell && element('p', { class: 'farewell' }, (texts) => texts.login[farewell]),
    heading('h1', (texts) => texts.login.heading),
    element('p', { class: 'lead' }, (texts) => texts.login.text),
    element(
      'a',
      { class: 'primary', id: 'login-link', href: loginUrl },
      drawing('bubble'),
      element('span', {}, (texts) => texts.login.button),
    ),
    element('p', { class: 'note' }, (texts) => (elsewhere ? texts.login.onlyInWeChat : texts.login.note)),
  );
}

/** WeChat's own login page opens in its browser only; the simulator's, on the machine it runs on, opens in any. */
function isThisMachine(): boolean {
  return /^(?:(?:.+\.)?localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname);
}

const mosaicTiles = 15;

function mosaic(): HTMLElement {
  const tiles = Array.from({ length: mosaicTiles }, () => element('span', {}, drawing('person')));
  return element('div', { class: 'mosaic', 'aria-hidden': 'true' }, ...tiles);
}

/** What stands where profile and wall will be. */
export function startingView(): HTMLElement {
  return element(
    'div',
    { class: 'starting', id: 'starting', 'aria-hidden': 'true' },
    element(
      'div',
      { class: 'profile' },
      element('span', { class: 'tile mine waiting' }),
      element('span', { class: 'line waiting' }),
    ),
  );
}

/** Who is logged in, with a link to `shareUrl` where name and picture are not shared. `logout` rejects when it did not work. */
export function profileView(visitor: Visitor, shareUrl: string, logout: () => Promise<void>): HTMLElement {
  const { nickname, sharesProfile, expiresAt } = visitor;
  const name: Phrase = (texts) => nickname ?? texts.me.nameless;
  const { warning, warn } = warningPlace();
  return element(
    'section',
    { class: 'profile', id: 'profile' },
    ownPicture(visitor, name),
    element(
      'div',
      { class: 'who' },
      element('h1', { id: 'name' }, name),
      element('p', { class: 'note' }, (texts) => texts.me.until(expiresAt)),
    ),
    button(
      'secondary',
      (texts) => texts.me.logout,
      () => warn(logout, (texts) => texts.me.logoutFailed),
      'logout',
    ),
    sharesProfile
      ? undefined
      : element('a', { class: 'share', id: 'share', href: shareUrl }, (texts) => texts.me.share),
    warning,
  );
}

/** What the user can do with the login and the data. Both acts reject when they did not work. */
export function accountView(
  logoutEverywhere: () => Promise<void>,
  deleteData: () => Promise<void>,
): HTMLElement {
  const { warning, warn } = warningPlace();
  const acts = element('div', { class: 'acts' });
  const offer = (): HTMLElement[] => [
    button(
      'secondary',
      (texts) => texts.account.logoutEverywhere,
      () => warn(logoutEverywhere, (texts) => texts.me.logoutFailed),
      'logout-everywhere',
    ),
    button(
      'secondary danger',
      (texts) => texts.account.delete,
      () => ask(true),
      'delete',
    ),
  ];
  const question = (): HTMLElement[] => [
    heading('h3', (texts) => texts.account.deleteQuestion),
    element('p', {}, (texts) => texts.account.deleteText),
    button(
      'secondary danger',
      (texts) => texts.account.deleteYes,
      () => warn(deleteData, (texts) => texts.account.deleteFailed),
      'delete-yes',
    ),
    button(
      'secondary',
      (texts) => texts.account.deleteNo,
      () => ask(false),
      'delete-no',
    ),
  ];
  function ask(asked: boolean): Promise<void> {
    warning.textContent = '';
    fill(acts, ...(asked ? question() : offer()));
    acts.querySelector<HTMLElement>(asked ? 'h3' : '#delete')?.focus();
    return Promise.resolve();
  }
  fill(acts, ...offer());
  return element(
    'section',
    { class: 'account', id: 'account' },
    heading('h2', (texts) => texts.account.heading),
    acts,
    warning,
  );
}

/** A place for a warning, and what runs an act and warns there when it fails. */
function warningPlace() {
  const warning = element('p', { class: 'warning', role: 'alert' });
  const warn = async (act: () => Promise<void>, failed: Phrase): Promise<void> => {
    warning.textContent = '';
    try {
      await act();
    } catch {
      warning.append(text(failed));
    }
  };
  return { warning, warn };
}

function ownPicture({ avatar }: Visitor, name: Phrase): HTMLElement {
  const tile = element('span', { class: 'tile mine' });
  if (avatar === undefined) showNobody(tile);
  else tile.append(picture(tile, avatar, (texts) => texts.me.pictureOf(name(texts)), 'eager'));
  return tile;
}

const skeletonTiles = 40;

/** What stands where the wall will be. */
export function wallSkeleton(): HTMLElement {
  const places = Array.from({ length: skeletonTiles }, () => element('span', { class: 'tile waiting' }));
  return element('div', { class: 'grid', id: 'wall-loading', 'aria-hidden': 'true' }, ...places);
}

/** The wall. Each picture appears when it has loaded; one that does not load is replaced by a figure. */
export function wallView(urls: readonly string[], ownAvatar: string | undefined): HTMLElement {
  const grid = element('div', { class: 'grid', id: 'wall', role: 'group' });
  label(grid, 'aria-label', (texts) => texts.wall.count(urls.length));
  const mine = ownAvatar === undefined ? undefined : withoutSize(ownAvatar);
  for (const url of urls) {
    const isMine = withoutSize(url) === mine;
    const tile = element('span', { class: isMine ? 'tile waiting own' : 'tile waiting' });
    tile.append(picture(tile, url, isMine ? (texts) => texts.wall.you : () => '', 'lazy'));
    if (isMine)
      tile.append(element('span', { class: 'badge', 'aria-hidden': 'true' }, (texts) => texts.wall.you));
    grid.append(tile);
  }
  return grid;
}

function picture(tile: HTMLElement, url: string, alt: Phrase, loading: 'eager' | 'lazy'): HTMLImageElement {
  const image = element('img', { loading, decoding: 'async', referrerpolicy: 'no-referrer' });
  label(image, 'alt', alt);
  image.addEventListener('load', () => {
    tile.classList.remove('waiting');
    image.classList.add('there');
  });
  image.addEventListener('error', () => {
    const described = image.alt;
    image.remove();
    showNobody(tile);
    if (described !== '') {
      tile.setAttribute('role', 'img');
      label(tile, 'aria-label', alt);
    }
  });
  image.src = url;
  return image;
}

function showNobody(tile: HTMLElement): void {
  tile.classList.remove('waiting');
  tile.classList.add('nobody');
  tile.prepend(drawing('person'));
}

/** The same picture has one URL for each size: its last path segment. */
function withoutSize(url: string): string {
  return url.replace(/\/(?:0|46|64|96|132)(?=$|\?)/, '');
}

export function emptyView(lookAgain: () => Promise<void>): HTMLElement {
  return element(
    'div',
    { class: 'panel', id: 'wall-empty' },
    drawing('person'),
    element('h3', {}, (texts) => texts.wall.emptyHeading),
    element('p', {}, (texts) => texts.wall.emptyText),
    button('secondary', (texts) => texts.wall.lookAgain, lookAgain, 'again'),
  );
}

/** A failure, in a sentence, with its code for whoever is asked about it, and a way to try again. */
export function faultView(
  level: 'h1' | 'h3',
  title: Phrase,
  fault: Fault,
  retry: () => Promise<void>,
): HTMLElement {
  return element(
    'div',
    { class: 'panel', id: 'fault' },
    drawing('cloud'),
    heading(level, title),
    element('p', {}, (texts) => texts.fault.explain(fault)),
    button('secondary', (texts) => texts.fault.retry, retry, 'retry'),
    element('code', {}, fault.code),
  );
}

/** A heading that can be given the focus when what held it is gone. */
export function heading(level: 'h1' | 'h2' | 'h3', phrase: Phrase): HTMLHeadingElement {
  return element(level, { tabindex: '-1' }, phrase);
}
