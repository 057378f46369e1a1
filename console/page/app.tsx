import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { About } from '../server/calls.ts';
import { enter, type Api } from './api.ts';
import { firstLanguage, LanguageContext, rememberLanguage } from './language.ts';
import { Closed } from './parts/closed.tsx';
import { Shell } from './parts/shell.tsx';
import { faultOf, SharedContext, type Message } from './state.ts';
import type { Language } from './texts.ts';

/** How long it is told that something was done, in milliseconds. A failure is told until somebody dismisses it. */
const doneMs = 20_000;

interface Session {
  readonly api: Api;
  readonly about: About;
}

/** The page: closed until there is a session, and when it is over. */
export function App() {
  const [language, setLanguage] = useState(firstLanguage);
  const [session, setSession] = useState<Session>();
  const [closed, setClosed] = useState<string>();

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    const open = async () => {
      try {
        const api = await enter();
        setSession({ api, about: await api.about() });
        setClosed(undefined);
      } catch (error) {
        setClosed(faultOf(error).code);
      }
    };
    void open();
    // An address with a token that is pasted into this tab changes only what is behind the #.
    const reopen = () => {
      if (/^#[0-9a-f]{64}$/.test(location.hash)) void open();
    };
    window.addEventListener('hashchange', reopen);
    return () => window.removeEventListener('hashchange', reopen);
  }, []);

  const switchLanguage = (to: Language) => {
    rememberLanguage(to);
    setLanguage(to);
  };
  return (
    <LanguageContext.Provider value={language}>
      {closed === undefined ? (
        session && <Open {...session} lost={setClosed} switchLanguage={switchLanguage} />
      ) : (
        <Closed code={closed} switchLanguage={switchLanguage} />
      )}
    </LanguageContext.Provider>
  );
}

function Open({
  api,
  about,
  lost,
  switchLanguage,
}: Session & {
  readonly lost: (code: string) => void;
  readonly switchLanguage: (to: Language) => void;
}) {
  const [changes, setChanges] = useState(0);
  const [message, setMessage] = useState<Message>();
  const changed = useCallback(() => setChanges((before) => before + 1), []);
  useEffect(() => {
    if (message?.kind !== 'done') return undefined;
    const timer = setTimeout(() => setMessage(undefined), doneMs);
    return () => clearTimeout(timer);
  }, [message]);
  const shared = useMemo(
    () => ({ api, about, changes, changed, tell: setMessage, lost }),
    [api, about, changes, changed, lost],
  );
  return (
    <SharedContext.Provider value={shared}>
      <Shell message={message} dismiss={() => setMessage(undefined)} switchLanguage={switchLanguage} />
    </SharedContext.Provider>
  );
}
