import { Chart } from './chart.tsx';
import { lastDays, onDays } from './days.ts';

/** The colours of what is well known; what went wrong has the others. */
const colors: Readonly<Record<string, string>> = {
  granted: 'series-1',
  handled: 'series-1',
  snapshot: 'series-3',
  unconfirmed: 'series-3',
  refused: 'series-6',
  repeated: 'series-6',
};
const shownDays = 14;
const badColors = ['series-4', 'series-5', 'series-2'];

/** How things ended, by day. */
export function Outcomes({
  label,
  empty,
  today,
  days,
  names,
}: {
  readonly label: string;
  /** Said where there were none. */
  readonly empty: string;
  readonly today: string;
  readonly days: readonly { readonly day: string; readonly outcomes: Readonly<Record<string, number>> }[];
  /** What the outcomes are called; others have their code. */
  readonly names: Readonly<Record<string, string>>;
}) {
  const outcomes = [...new Set(days.flatMap((day) => Object.keys(day.outcomes)))].toSorted(
    (one, other) => Number(other in colors) - Number(one in colors),
  );
  if (outcomes.length === 0) return <p class="soft">{empty}</p>;
  const shown = lastDays(today, shownDays);
  const figures = onDays(shown, days);
  const bad = outcomes.filter((outcome) => !(outcome in colors));
  return (
    <Chart
      kind="bars"
      label={label}
      days={shown}
      series={outcomes.map((outcome) => ({
        name: names[outcome] ?? outcome,
        color: colors[outcome] ?? badColors[bad.indexOf(outcome) % badColors.length] ?? 'series-4',
        values: figures.map((day) => day && (day.outcomes[outcome] ?? 0)),
      }))}
    />
  );
}
