import type { Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Card, Shown, Table } from '../parts/basics.tsx';
import { Outcomes } from '../parts/outcomes.tsx';
import type { ViewProps } from '../parts/shell.tsx';
import { useLoaded } from '../state.ts';

type Credential = Result<'account.history'>['credentials'][number];

/** The pushes of the last days, and what people were told. */
export function EventsView({ account: { account } }: ViewProps) {
  const { events: words } = useTexts();
  const days = useLoaded(account, (api) => api.admin('account.days', { account, days: 14 }), 10);
  const history = useLoaded(account, (api) => api.admin('account.history', { account }), 10);
  return (
    <>
      <Card id="alarms" title={words.alarms} intro={words.alarmsIntro}>
        <Shown loaded={history}>{({ credentials }) => <Alarms credentials={credentials} />}</Shown>
      </Card>
      <Card id="pushes" title={words.pushes} intro={words.pushesIntro}>
        <Shown loaded={days}>
          {({ today, days: figures }) => (
            <Outcomes
              label={words.pushes}
              empty={words.empty}
              today={today}
              days={figures.map(({ day, pushes }) => ({ day, outcomes: pushes }))}
              names={words.outcomes}
            />
          )}
        </Shown>
      </Card>
    </>
  );
}

function Alarms({ credentials }: { readonly credentials: readonly Credential[] }) {
  const { events: words, token } = useTexts();
  const { time } = useFormats();
  const notices = credentials
    .flatMap(({ kind, notices: ofKind, failure }) => {
      // They come newest first. One is told again only after a refresh has worked, so those before the last are over.
      const last = ofKind.find(({ code }) => code === failure?.code);
      return ofKind.map((notice) => ({ ...notice, kind, isStill: notice === last }));
    })
    .toSorted((one, other) => other.at - one.at);
  if (notices.length === 0) return <p class="soft">{words.noAlarms}</p>;
  return (
    <Table
      label={words.alarms}
      stacks
      columns={[words.when, words.what, words.code]}
      rows={notices.map(({ at, kind, code, isStill }) => [
        time(at),
        token.heading[kind],
        <>
          <code>{code}</code> {isStill && <span class="chip down">{words.now}</span>}
        </>,
      ])}
    />
  );
}
