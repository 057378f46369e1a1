import { useState } from 'preact/hooks';
import type { Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Card, Meter, Shown, Table } from '../parts/basics.tsx';
import { Chart, type Series } from '../parts/chart.tsx';
import type { ViewProps } from '../parts/shell.tsx';
import { useLoaded } from '../state.ts';
import type { Texts } from '../texts.ts';

type Usage = Result<'usage.days'>;
type Calls = Readonly<Record<string, number>>;

/** So many are drawn by themselves, and the rest together. */
const drawnApart = 5;

/** The calls to WeChat by day, against WeChat's limits. */
export function UsageView({ account }: ViewProps) {
  const { usage: words } = useTexts();
  const [chosen, setChosen] = useState<'api' | 'key'>('api');
  const loaded = useLoaded(
    account.account,
    (api) => api.admin('usage.days', { account: account.account, days: 14 }),
    15,
  );
  return (
    <Shown loaded={loaded}>
      {(usage) => {
        // The last key may be revoked while they are looked at.
        const by = usage.keys.length > 0 ? chosen : 'api';
        return (
          <>
            <Card
              id="usage"
              title={words.heading}
              intro={words.intro}
              aside={usage.keys.length > 0 && <ByChoice by={by} choose={setChosen} />}
            >
              <UsageChart usage={usage} by={by} />
            </Card>
            <Card title={by === 'api' ? words.byApi : words.byKey} id="quotas">
              {by === 'api' ? <ApiTable usage={usage} /> : <KeyTable usage={usage} />}
            </Card>
          </>
        );
      }}
    </Shown>
  );
}

function ByChoice({
  by,
  choose,
}: {
  readonly by: 'api' | 'key';
  readonly choose: (by: 'api' | 'key') => void;
}) {
  const { usage: words } = useTexts();
  return (
    <span class="segments" role="group">
      {(['api', 'key'] as const).map((each) => (
        <button key={each} type="button" aria-pressed={each === by} onClick={() => choose(each)}>
          {each === 'api' ? words.byApi : words.byKey}
        </button>
      ))}
    </span>
  );
}

function UsageChart({ usage, by }: { readonly usage: Usage; readonly by: 'api' | 'key' }) {
  const { usage: words } = useTexts();
  if (usage.days.every(({ calls }) => sum(calls) === 0)) return <p class="soft">{words.empty}</p>;
  const rows = by === 'api' ? byApi(usage) : byKey(usage, words.service);
  return (
    <Chart
      kind="bars"
      label={`${words.heading}: ${by === 'api' ? words.byApi : words.byKey}`}
      days={usage.days.map(({ day }) => day)}
      series={seriesOf(rows, words)}
    />
  );
}

interface Row {
  readonly name: string;
  readonly values: readonly number[];
}

function byApi({ days }: Usage): Row[] {
  const apis = [...new Set(days.flatMap(({ calls }) => Object.keys(calls)))];
  return apis.map((name) => ({ name, values: days.map(({ calls }) => calls[name] ?? 0) }));
}

/** What no key has called is the service's own. */
function byKey({ days, keys }: Usage, service: string): Row[] {
  const ofKeys = keys.map(({ name, days: ofKey }) => ({
    name,
    values: ofKey.map(({ calls }) => sum(calls)),
  }));
  const own = days.map(({ calls }, index) =>
    Math.max(0, sum(calls) - ofKeys.reduce((all, { values }) => all + (values[index] ?? 0), 0)),
  );
  return [{ name: service, values: own }, ...ofKeys];
}

function seriesOf(rows: readonly Row[], words: Texts['usage']): Series[] {
  const most = rows.toSorted((one, other) => total(other.values) - total(one.values));
  const rest = most.slice(drawnApart);
  const others = most[0]?.values.map((_, index) =>
    rest.reduce((all, { values }) => all + (values[index] ?? 0), 0),
  );
  const apart = most.slice(0, drawnApart);
  const drawn = rest.length > 0 && others ? [...apart, { name: words.others, values: others }] : apart;
  return drawn.map((row, index) => ({ ...row, color: `series-${index + 1}` }));
}

function ApiTable({ usage }: { readonly usage: Usage }) {
  const { usage: words } = useTexts();
  const { number } = useFormats();
  const today = usage.days.at(-1)?.calls ?? {};
  const apis = Object.keys({ ...usage.limits, ...today }).toSorted(
    (one, other) => (today[other] ?? 0) - (today[one] ?? 0),
  );
  if (apis.length === 0) return <p class="soft">{words.empty}</p>;
  return (
    <Table
      label={words.byApi}
      stacks
      columns={[words.api, words.today, words.limit, words.gone]}
      rows={apis.map((api) => {
        const limit = usage.limits[api];
        const used = today[api] ?? 0;
        return [
          <code>{api}</code>,
          number(used),
          limit === undefined ? words.unlimited : number(limit),
          limit === undefined ? (
            '–'
          ) : (
            <Forecast name={api} used={used} limit={limit} goneAt={usage.goneAt[api]} now={usage.now} />
          ),
        ];
      })}
    />
  );
}

function KeyTable({ usage }: { readonly usage: Usage }) {
  const { usage: words, keys: keyWords } = useTexts();
  const { number } = useFormats();
  return (
    <Table
      label={words.byKey}
      stacks
      columns={[words.key, words.today, words.limit, words.gone]}
      rows={usage.keys.map(({ keyId, name, dailyLimit, goneAt, days }) => {
        const used = sum(days.at(-1)?.calls ?? {});
        return [
          <>
            {name} <code>{keyId}</code>
          </>,
          number(used),
          dailyLimit === undefined ? keyWords.noLimit : number(dailyLimit),
          dailyLimit === undefined ? (
            '–'
          ) : (
            <Forecast name={name} used={used} limit={dailyLimit} goneAt={goneAt} now={usage.now} />
          ),
        ];
      })}
    />
  );
}

/** How much of a limit is used, and when the rest is gone. */
function Forecast({
  name,
  used,
  limit,
  goneAt,
  now,
}: {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly goneAt: number | undefined;
  readonly now: number;
}) {
  const { usage: words } = useTexts();
  const { clock } = useFormats();
  const isGone = used >= limit;
  const text = isGone ? words.goneNow : goneAt === undefined ? words.lasts : words.goneAt(clock(goneAt, now));
  return (
    <span class={isGone || goneAt !== undefined ? 'forecast warning' : 'forecast'}>
      <Meter label={name} used={used} all={limit} /> {text}
    </span>
  );
}

function sum(calls: Calls): number {
  return total(Object.values(calls));
}

function total(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
