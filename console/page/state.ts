import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { About } from '../server/calls.ts';
import { ConsoleError, type Api, type Result } from './api.ts';

/** An account as `status` reports it. */
export type AccountReport = Result<'status'>['accounts'][number];

/** What all views share. */
export interface Shared {
  readonly api: Api;
  readonly about: About;
  /** Grows with each change that somebody has made, so that what is shown is read anew. */
  readonly changes: number;
  readonly changed: () => void;
  /** Tells what has been done, or that it did not work. */
  readonly tell: (message: Message) => void;
  /** The session is over, or the process has ended. */
  readonly lost: (code: string) => void;
}

/** What is told for a while. */
export interface Message {
  readonly kind: 'done' | 'failed';
  readonly text: string;
}

export const SharedContext = createContext<Shared | undefined>(undefined);

export function useShared(): Shared {
  const shared = useContext(SharedContext);
  if (!shared) throw new Error('There is no session yet.');
  return shared;
}

/** What has been read: the last answer, and why there is no newer one. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly fault: ConsoleError | undefined;
}

/** In a deployment each read is an invocation of a function, and nobody moves its clock. */
const deployedPace = 4;

/**
 * Reads something when the view is shown, when `key` or anything has changed, and every so many seconds for as long as
 * somebody looks at the page; of a deployment four times as seldom.
 */
export function useLoaded<T>(key: string, load: (api: Api) => Promise<T>, everySeconds: number): Loaded<T> {
  const { about, api, changes, lost } = useShared();
  const pauseMs = everySeconds * 1000 * (about.place === 'local' ? 1 : deployedPace);
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly key: string }>({
    key,
    value: undefined,
    fault: undefined,
  });
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    let isCurrent = true;
    let isLoading = false;
    const read = async () => {
      if (isLoading || document.hidden) return;
      isLoading = true;
      try {
        const value = await latest.current(api);
        if (isCurrent) setLoaded({ key, value, fault: undefined });
      } catch (error) {
        const fault = faultOf(error);
        if (isLost(fault)) lost(fault.code);
        if (isCurrent)
          setLoaded((before) => ({ key, value: before.key === key ? before.value : undefined, fault }));
      } finally {
        isLoading = false;
      }
    };
    void read();
    const timer = setInterval(() => void read(), pauseMs);
    const look = () => void read();
    document.addEventListener('visibilitychange', look);
    return () => {
      isCurrent = false;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [api, key, changes, pauseMs, lost]);
  return loaded.key === key ? loaded : { value: undefined, fault: undefined };
}

/**
 * Runs what somebody has asked for: tells how it ended, and has everything read anew. `busy` while it is under way. A
 * text that is returned tells what was done.
 */
export function useAct(describe: (fault: ConsoleError) => string): {
  readonly busy: boolean;
  readonly act: (what: (api: Api) => Promise<Message | string | undefined>) => Promise<boolean>;
} {
  const { api, changed, tell, lost } = useShared();
  const [busy, setBusy] = useState(false);
  const pressed = useRef<Element | null>(null);
  // The button had no focus while it could not be pressed. With it comes into sight what a message has pushed out of it.
  useLayoutEffect(() => {
    if (busy || document.activeElement !== document.body) return;
    if (pressed.current instanceof HTMLElement) pressed.current.focus();
  }, [busy]);
  const act = useCallback(
    async (what: (api: Api) => Promise<Message | string | undefined>) => {
      pressed.current = document.activeElement;
      setBusy(true);
      try {
        const told = await what(api);
        if (told !== undefined) tell(typeof told === 'string' ? { kind: 'done', text: told } : told);
        return true;
      } catch (error) {
        const fault = faultOf(error);
        if (isLost(fault)) lost(fault.code);
        tell({ kind: 'failed', text: describe(fault) });
        return false;
      } finally {
        setBusy(false);
        changed();
      }
    },
    [api, changed, tell, lost, describe],
  );
  return { busy, act };
}

/** Anything but a ConsoleError is a fault of this page. */
export function faultOf(error: unknown): ConsoleError {
  return error instanceof ConsoleError ? error : new ConsoleError('page', String(error));
}

function isLost({ code }: ConsoleError): boolean {
  return code === 'session_unknown' || code === 'network';
}

/** A command of the operator as it is typed for that deployment; for any, where no place is given. */
export function commandFor(words: string, place?: About['place']): string {
  const program = document.querySelector<HTMLMetaElement>('meta[name="keyring-program"]')?.content ?? '';
  return [program, words, ...optionsFor(place)].join(' ');
}

function optionsFor(place: About['place'] | undefined): string[] {
  if (place === undefined) return [];
  if (place === 'local') return ['--local'];
  return ['--stage', place.stage, ...(place.region === undefined ? [] : ['--region', place.region])];
}
