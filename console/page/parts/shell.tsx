import { useEffect, useRef, useState } from 'preact/hooks';
import { useTexts } from '../language.ts';
import { commandFor, useLoaded, useShared, type AccountReport, type Message } from '../state.ts';
import type { Language, Texts } from '../texts.ts';
import { AccountsView } from '../views/accounts.tsx';
import { EventsView } from '../views/events.tsx';
import { FollowersView } from '../views/followers.tsx';
import { KeysView } from '../views/keys.tsx';
import { LoginsView } from '../views/logins.tsx';
import { SimulatorPanel } from '../views/simulator.tsx';
import { UsageView } from '../views/usage.tsx';
import { Command, Shown } from './basics.tsx';
import { Brand, LanguageSwitch } from './brand.tsx';

/** What a view is about. */
export interface ViewProps {
  /** The account that is chosen. */
  readonly account: AccountReport;
  readonly accounts: readonly AccountReport[];
  /** When the service read it, in Unix seconds: its clock may be a simulated one. */
  readonly now: number;
}

const views = {
  accounts: AccountsView,
  usage: UsageView,
  followers: FollowersView,
  logins: LoginsView,
  keys: KeysView,
  events: EventsView,
} as const;
type ViewName = keyof typeof views;
const viewNames = Object.keys(views) as ViewName[];

/** The frame of the page: where it is, its views, and what was done last. */
export function Shell({
  message,
  dismiss,
  switchLanguage,
}: {
  readonly message: Message | undefined;
  readonly dismiss: () => void;
  readonly switchLanguage: (to: Language) => void;
}) {
  const texts = useTexts();
  const { about } = useShared();
  const view = useView();
  const status = useLoaded('status', (api) => api.admin('status', {}), 3);
  const [chosen, setChosen] = useState<string>();
  const accounts = status.value?.accounts ?? [];
  const account = accounts.find((each) => each.account === chosen) ?? accounts[0];
  useEffect(() => {
    document.title = `${texts.nav[view]} · WeChat Keyring`;
  }, [texts, view]);
  return (
    <div class={about.hasSimulator ? 'frame with-panel' : 'frame'}>
      <div class="page">
        <a class="skip" href="#main">
          {texts.skip}
        </a>
        <header class="top">
          <Brand />
          <span class="place">{placeOf(texts, about.place)}</span>
          {accounts.length > 1 && account && (
            <AccountChoice accounts={accounts} account={account} choose={setChosen} />
          )}
          <LanguageSwitch switchLanguage={switchLanguage} />
        </header>
        <Navigation view={view} />
        <main id="main" tabIndex={-1}>
          <h1 class="unseen">{texts.nav[view]}</h1>
          <Shown loaded={status}>
            {({ now }) =>
              account ? <View name={view} account={account} accounts={accounts} now={now} /> : <NoAccounts />
            }
          </Shown>
          <p class="zone soft">{texts.zone}</p>
        </main>
        {about.hasSimulator && account && (
          <SimulatorPanel account={account} accounts={accounts} now={status.value?.now ?? 0} />
        )}
      </div>
      <Told message={message} dismiss={dismiss} />
    </div>
  );
}

function View({ name, ...props }: ViewProps & { readonly name: ViewName }) {
  const Chosen = views[name];
  // A view of another account begins anew.
  return <Chosen key={props.account.account} {...props} />;
}

function Navigation({ view }: { readonly view: ViewName }) {
  const { nav } = useTexts();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // A view begins at its top. On a phone the page is what scrolls, and there is room for some of the views' names.
    for (const scrolled of [window, list.current?.closest('.page')]) scrolled?.scrollTo(0, 0);
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [view]);
  return (
    <nav aria-label={nav.label}>
      <ul ref={list}>
        {viewNames.map((name) => (
          <li key={name}>
            <a href={`#/${name}`} {...(name === view && { 'aria-current': 'page' as const })}>
              {nav[name]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function AccountChoice({
  accounts,
  account,
  choose,
}: {
  readonly accounts: readonly AccountReport[];
  readonly account: AccountReport;
  readonly choose: (account: string) => void;
}) {
  const texts = useTexts();
  return (
    <select
      id="account"
      aria-label={texts.account}
      value={account.account}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      {accounts.map(({ account: appId, name }) => (
        <option key={appId} value={appId}>
          {name}
        </option>
      ))}
    </select>
  );
}

function NoAccounts() {
  const { noAccounts, noAccountsHint } = useTexts();
  const { about } = useShared();
  return (
    <section class="card">
      <p>{noAccounts}</p>
      <p>{noAccountsHint}</p>
      <Command text={commandFor('account add wx…', about.place)} />
    </section>
  );
}

/** What was done last, for those who see the page and those who hear it. It has a place of its own, over nothing else. */
function Told({ message, dismiss }: { readonly message: Message | undefined; readonly dismiss: () => void }) {
  const { close } = useTexts();
  useEffect(() => {
    if (!message) return undefined;
    const escape = ({ key }: KeyboardEvent) => {
      // In a dialog it closes that.
      if (key === 'Escape' && !document.querySelector('dialog[open]')) dismiss();
    };
    document.addEventListener('keydown', escape);
    return () => document.removeEventListener('keydown', escape);
  }, [message, dismiss]);
  return (
    <div class="told" role="status">
      {message && (
        <p class={message.kind}>
          <span>{message.text}</span>
          <button type="button" class="small" aria-keyshortcuts="Escape" onClick={dismiss}>
            {close}
          </button>
        </p>
      )}
    </div>
  );
}

function placeOf({ place: words }: Texts, place: ReturnType<typeof useShared>['about']['place']): string {
  return place === 'local' ? words.local : words.stage(place.stage, place.region);
}

/** The view that the address names. */
function useView(): ViewName {
  const [view, setView] = useState(viewOfAddress);
  useEffect(() => {
    const follow = () => {
      // The skip link leads to the content, and to no other view.
      if (location.hash !== '#main') setView(viewOfAddress());
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return view;
}

function viewOfAddress(): ViewName {
  return viewNames.find((name) => location.hash === `#/${name}`) ?? 'accounts';
}
