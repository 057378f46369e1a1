import { useState } from 'preact/hooks';
import type { Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Card, Command, Figure, Meter, Shown, useExplain } from '../parts/basics.tsx';
import { Chart, type Series } from '../parts/chart.tsx';
import { lastDays, onDays } from '../parts/days.ts';
import type { ViewProps } from '../parts/shell.tsx';
import { commandFor, useAct, useLoaded, useShared } from '../state.ts';

type Day = Result<'account.days'>['days'][number];
type Sync = Result<'followers.status'>['sync'];

const periods = [30, 90, 366] as const;

/** How many follow, who joined and left and how they came, and the sync. */
export function FollowersView({ account: { account } }: ViewProps) {
  const { followers: words } = useTexts();
  const [days, setDays] = useState<(typeof periods)[number]>(30);
  const loaded = useLoaded(`${account} ${days}`, (api) => api.admin('account.days', { account, days }), 10);
  return (
    <>
      <SyncCard account={account} />
      <div class="card-head period">
        <h2>{words.byDay}</h2>
        <PeriodChoice days={days} choose={setDays} />
      </div>
      <Shown loaded={loaded}>
        {({ today, days: figures }) =>
          figures.length === 0 ? (
            <Card title={words.heading}>
              <p class="soft">{words.noDays}</p>
            </Card>
          ) : (
            <>
              <Totals today={figures.at(-1)} />
              <Charts names={lastDays(today, days)} figures={figures} />
            </>
          )
        }
      </Shown>
    </>
  );
}

function PeriodChoice({
  days,
  choose,
}: {
  readonly days: number;
  readonly choose: (days: (typeof periods)[number]) => void;
}) {
  const { followers: words } = useTexts();
  return (
    <span class="segments" role="group" aria-label={words.period}>
      {periods.map((each) => (
        <button key={each} type="button" aria-pressed={each === days} onClick={() => choose(each)}>
          {words.periods[each]}
        </button>
      ))}
    </span>
  );
}

function Totals({ today }: { readonly today: Day | undefined }) {
  const { followers: words } = useTexts();
  const { number } = useFormats();
  return (
    <section class="card" id="totals" aria-label={words.heading}>
      <dl class="figures">
        <Figure
          label={words.total}
          value={today?.followers === undefined ? words.unknownTotal : number(today.followers)}
        />
        <Figure label={words.joinedToday} value={number(today?.joined ?? 0)} />
        <Figure label={words.leftToday} value={number(today?.left ?? 0)} />
      </dl>
    </section>
  );
}

/** Charts of the days with these names. */
function Charts({ names, figures }: { readonly names: readonly string[]; readonly figures: readonly Day[] }) {
  const { followers: words } = useTexts();
  const days = onDays(names, figures);
  const scenes = [...new Set(figures.flatMap((day) => Object.keys(day.scenes)))];
  const total: Series[] = [
    { name: words.total, color: 'series-1', values: days.map((day) => day?.followers) },
  ];
  const moves: Series[] = [
    { name: words.joined, color: 'series-1', values: days.map((day) => day?.joined) },
    { name: words.left, color: 'series-4', values: days.map((day) => day?.left) },
  ];
  const ways = scenes.map((scene, index) => ({
    name: words.sceneNames[scene] ?? scene,
    color: `series-${(index % 6) + 1}`,
    values: days.map((day) => day && (day.scenes[scene] ?? 0)),
  }));
  return (
    <>
      <Card id="followers-over" title={words.over}>
        {days.some((day) => day?.followers !== undefined) ? (
          <Chart kind="line" label={words.over} days={names} series={total} />
        ) : (
          <p class="soft">{words.noTotals}</p>
        )}
      </Card>
      <Card id="moves" title={words.moves}>
        <Chart kind="bars" label={words.moves} days={names} series={moves} />
      </Card>
      {ways.length > 0 && (
        <Card id="scenes" title={words.scenes}>
          <Chart kind="bars" label={words.scenes} days={names} series={ways} />
        </Card>
      )}
    </>
  );
}

function SyncCard({ account }: { readonly account: string }) {
  const { sync: words } = useTexts();
  const loaded = useLoaded(account, (api) => api.admin('followers.status', { account }), 2);
  return (
    <Card
      id="sync"
      title={words.heading}
      aside={
        loaded.value && (
          <span class={`chip ${loaded.value.sync.state}`} id="sync-state" role="status">
            {words.states[loaded.value.sync.state]}
          </span>
        )
      }
    >
      <Shown loaded={loaded}>
        {({ sync }) => (
          <>
            {sync.sync === 'off' && <NoDailySync account={account} />}
            {sync.run && <Run sync={sync} run={sync.run} />}
            <SyncActs sync={sync} />
          </>
        )}
      </Shown>
    </Card>
  );
}

/** Says how to have one. */
function NoDailySync({ account }: { readonly account: string }) {
  const { sync: words } = useTexts();
  const { about } = useShared();
  return (
    <>
      <p class="soft">{words.off}</p>
      <Command text={commandFor(`account set ${account} --sync details`, about.place)} />
    </>
  );
}

function Run({ sync, run }: { readonly sync: Sync; readonly run: NonNullable<Sync['run']> }) {
  const { sync: words } = useTexts();
  const { number, clock, lasting } = useFormats();
  const { listed, total = listed, details, phase, startedAt, endedAt, secondsLeft } = run;
  const isUnderWay = sync.state === 'running' || sync.state === 'waiting';
  const rows = [
    { name: words.listed, done: listed, all: total },
    { name: words.details, done: details.done, all: details.queued },
  ].filter(({ all }) => all > 0);
  return (
    <>
      <p class="soft">
        {endedAt === undefined
          ? words.begun(clock(startedAt, sync.now))
          : words.ended(clock(endedAt, sync.now))}
        {isUnderWay && ` · ${words.phases[phase]}`}
        {isUnderWay && secondsLeft !== undefined && ` · ${words.left(lasting(secondsLeft))}`}
      </p>
      {run.waitingFor && (
        <p class="notice">
          {words.waitingFor[run.waitingFor]}{' '}
          {run.resumeAt !== undefined && words.resumeAt(clock(run.resumeAt, sync.now))}
        </p>
      )}
      <dl class="progress">
        {rows.map(({ name, done, all }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <progress aria-label={name} value={done} max={all} /> {words.of(number(done), number(all))}
            </dd>
          </div>
        ))}
      </dl>
      {run.lastError && <p class="warning">{words.errors(run.errors, run.lastError.code)}</p>}
      {run.lastDetailError && (
        <p class="warning">{words.errors(run.detailErrors, run.lastDetailError.code)}</p>
      )}
      <Spent spent={sync.spent} />
    </>
  );
}

function Spent({ spent }: { readonly spent: Sync['spent'] }) {
  const { sync: words } = useTexts();
  const { number } = useFormats();
  const rows = [
    { name: words.spentList, ...spent.list },
    { name: words.spentDetails, ...spent.details },
  ];
  return (
    <dl class="figures">
      {rows.map(({ name, calls, most }) => (
        <Figure
          key={name}
          label={`${words.spent} ${name}`}
          value={words.of(number(calls), number(most))}
          note={<Meter label={name} used={calls} all={most} />}
        />
      ))}
    </dl>
  );
}

function SyncActs({ sync: { account, state, sync: daily } }: { readonly sync: Sync }) {
  const { sync: words } = useTexts();
  const { busy, act } = useAct(useExplain());
  const send = (name: 'followers.sync' | 'followers.pause' | 'followers.resume', done: string) => () =>
    void act(async (api) => {
      await api.admin(name, { account });
      return done;
    });
  const isUnderWay = state === 'running' || state === 'waiting';
  return (
    <div class="buttons">
      {state === 'paused' ? (
        <button
          type="button"
          class="primary"
          id="resume"
          disabled={busy}
          onClick={send('followers.resume', words.resumed)}
        >
          {words.resume}
        </button>
      ) : (
        <>
          {!isUnderWay && (
            <button
              type="button"
              class="primary"
              id="sync-start"
              disabled={busy}
              onClick={send('followers.sync', words.started)}
            >
              {words.start}
            </button>
          )}
          {(isUnderWay || daily !== 'off') && (
            <button type="button" id="pause" disabled={busy} onClick={send('followers.pause', words.paused)}>
              {isUnderWay ? words.pause : words.pauseDaily}
            </button>
          )}
        </>
      )}
    </div>
  );
}
