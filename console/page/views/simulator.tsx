import { useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { useExplain } from '../parts/basics.tsx';
import type { ViewProps } from '../parts/shell.tsx';
import { useAct, useLoaded } from '../state.ts';

const advances = [600, 7200, 86_400] as const;
/** An address that is no machine's (RFC 5737): an allow-list with it alone has not this machine on it. */
const elsewhere = '203.0.113.7';
/** Of both token APIs; more often than anybody asks in a day. */
const spentPaths = ['/cgi-bin/stable_token', '/cgi-bin/token'];
const spentTimes = 100_000;

interface SimulatedAccount {
  readonly options: { readonly ip_allow_list?: readonly string[] | null };
}

/** The controls of the simulator, on the local stack: break the account, and watch it mend itself. */
export function SimulatorPanel({ account: { account, failure, state }, now }: ViewProps) {
  const { simulator: words } = useTexts();
  const simulated = useLoaded(
    account,
    // Changing nothing tells how it is.
    async (api) => (await api.simulator('PATCH /accounts', { appid: account })) as SimulatedAccount,
    5,
  );
  const isRefused = (simulated.value?.options.ip_allow_list?.length ?? 0) > 0;
  const isBroken = isRefused || failure !== undefined || state !== 'ok';
  return (
    <aside class="panel" id="simulator" aria-label={words.heading}>
      <details open>
        <summary>
          <h2>{words.heading}</h2>
        </summary>
        <p class="soft">{words.intro}</p>
        <Tour isBroken={isBroken} isFailing={failure !== undefined} />
        <Time now={now} />
        <Faults account={account} isRefused={isRefused} />
        <Followers account={account} />
      </details>
    </aside>
  );
}

/** Which step comes next, by how the account is. */
function Tour({ isBroken, isFailing }: { readonly isBroken: boolean; readonly isFailing: boolean }) {
  const { simulator: words } = useTexts();
  const next = isFailing ? 'read' : isBroken ? 'mend' : 'break';
  return (
    <ol class="tour" aria-label={words.tour}>
      {(['break', 'read', 'mend'] as const).map((step) => (
        <li key={step} class={step === next || (step === 'mend' && isFailing) ? 'next' : ''}>
          <b>{words.steps[step].title}</b>
          <span>{words.steps[step].text}</span>
        </li>
      ))}
    </ol>
  );
}

function Time({ now }: { readonly now: number }) {
  const { simulator: words } = useTexts();
  const { time } = useFormats();
  const { busy, act } = useAct(useExplain());
  const advance = (seconds: number) => () =>
    void act(async (api) => {
      const { now: reached } = (await api.simulator('POST /clock', { advance_s: seconds })) as {
        now: number;
      };
      return words.advanced(time(reached));
    });
  return (
    <section>
      <h3>
        {words.clock} <time>{time(now)}</time>
      </h3>
      <div class="buttons">
        {advances.map((seconds) => (
          <button
            key={seconds}
            type="button"
            id={`advance-${seconds}`}
            disabled={busy}
            onClick={advance(seconds)}
          >
            {words.advance[seconds]}
          </button>
        ))}
      </div>
    </section>
  );
}

function Faults({ account, isRefused }: { readonly account: string; readonly isRefused: boolean }) {
  const { simulator: words } = useTexts();
  const { busy, act } = useAct(useExplain());
  const allow = (list: string[] | null) => (api: Api) =>
    api.simulator('PATCH /accounts', { appid: account, options: { ip_allow_list: list } });
  const spend = async (api: Api) => {
    for (const path of spentPaths) {
      await api.simulator('POST /faults', { path, kind: 'errcode', errcode: 45009, times: spentTimes });
    }
  };
  const acts = [
    isRefused
      ? { id: 'give-ip', text: words.giveIp, done: words.ipGiven, run: allow(null) }
      : { id: 'take-ip', text: words.takeIp, done: words.ipTaken, run: allow([elsewhere]) },
    {
      id: 'revoke-token',
      text: words.revoke,
      done: words.revoked,
      run: (api: Api) => api.simulator('POST /revoke', { appid: account, what: 'access_token' }),
    },
    {
      id: 'call',
      text: words.call,
      done: words.called,
      run: (api: Api) => api.admin('quota.get', { account, path: '/cgi-bin/user/get' }),
    },
    { id: 'spend', text: words.spend, done: words.spent, run: spend },
    {
      id: 'restore',
      text: words.restore,
      done: words.restored,
      run: (api: Api) => api.simulator('DELETE /faults'),
    },
  ];
  return (
    <section>
      <h3>{words.faults}</h3>
      <div class="buttons stacked">
        {acts.map(({ id, text, done, run }, index) => (
          <button
            // The one that has the focus keeps it when it turns into its opposite.
            key={index}
            type="button"
            id={id}
            disabled={busy}
            onClick={() =>
              void act(async (api) => {
                await run(api);
                return done;
              })
            }
          >
            {text}
          </button>
        ))}
      </div>
    </section>
  );
}

interface Person {
  readonly openid: string;
  readonly nickname: string;
}

function Followers({ account }: { readonly account: string }) {
  const { simulator: words, nav } = useTexts();
  const { busy, act } = useAct(useExplain());
  const [last, setLast] = useState<Person>();
  const put = async (api: Api, about: object) =>
    (await api.simulator('POST /users', { appid: account, ...about })) as Person;
  const join = () =>
    void act(async (api) => {
      const person = await put(api, { subscribe: true });
      setLast(person);
      return words.joined(person.nickname);
    });
  const leave = ({ openid, nickname }: Person) =>
    void act(async (api) => {
      await put(api, { openid, subscribe: false });
      setLast(undefined);
      return words.leftAgain(nickname);
    });
  return (
    <section>
      <h3>{nav.followers}</h3>
      <div class="buttons">
        <button type="button" id="join" disabled={busy} onClick={join}>
          {words.join}
        </button>
        {last && (
          <button type="button" id="leave" disabled={busy} onClick={() => leave(last)}>
            {words.leave}
          </button>
        )}
      </div>
    </section>
  );
}
