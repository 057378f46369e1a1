import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useFormats, useTexts } from '../language.ts';
import { Table } from './basics.tsx';

/** What is drawn for each day, under its name. `color` is one of the colours of style.css. */
export interface Series {
  readonly name: string;
  readonly color: string;
  /** One for each day; undefined where nothing is known of it. */
  readonly values: readonly (number | undefined)[];
}

interface ChartProps {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** `2026-11-30`, the oldest first. */
  readonly days: readonly string[];
  readonly series: readonly Series[];
  /** Bars that stand on each other, or a line for each series. */
  readonly kind: 'bars' | 'line';
}

const height = 220;
/** A name for each day, for each second day, and so on, by the room that there is. */
const dayIncrements = [1, 2, 3, 7, 14, 30, 60, 90, 180];
/** What is counted has no halves. */
const countIncrements = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 9 }, (_, zeros) => step * 10 ** zeros))
  .toSorted((one, other) => one - other);

/** Days as a chart, with the numbers of the day that is pointed at, and all of them as a table below. */
export function Chart({ label, days, series, kind }: ChartProps) {
  const { numbers, day } = useTexts();
  const { number } = useFormats();
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number>();
  const [theme, setTheme] = useState(0);
  const content = JSON.stringify({ days, series, kind });

  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => setTheme((before) => before + 1);
    dark.addEventListener('change', redraw);
    return () => dark.removeEventListener('change', redraw);
  }, []);
  useEffect(() => {
    if (!place.current) return undefined;
    return draw(place.current, { days, series, kind, format: number, pointed: setPointed });
    // The parts of it are made anew each time, and their content tells whether they differ.
  }, [content, theme]);

  const at = pointed ?? days.length - 1;
  return (
    <figure class="chart">
      <div ref={place} class="plot" role="img" aria-label={label} />
      <figcaption>
        <span class="day">{days[at]}</span>
        {series.map(({ name, color, values }, index) => (
          <span key={index} class="key">
            <span class="swatch" style={{ background: `var(--${color})` }} />
            {name} <b>{values[at] === undefined ? '–' : number(values[at])}</b>
          </span>
        ))}
      </figcaption>
      <details>
        <summary>{numbers}</summary>
        <Table
          label={label}
          columns={[day, ...series.map(({ name }) => name)]}
          rows={days
            .map((each, index) => [
              each,
              ...series.map(({ values }) => (values[index] === undefined ? '–' : number(values[index]))),
            ])
            .toReversed()}
        />
      </details>
    </figure>
  );
}

/** Draws into `place`. Returns what takes it away again. */
function draw(
  place: HTMLElement,
  {
    days,
    series,
    kind,
    format,
    pointed,
  }: Pick<ChartProps, 'days' | 'series' | 'kind'> & {
    readonly format: (value: number) => string;
    readonly pointed: (index: number | undefined) => void;
  },
): () => void {
  const style = getComputedStyle(place);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const drawn = kind === 'bars' ? stacked(series) : series;
  /** Half a bar, or half the point of a day. */
  const beside = Math.max(0.6, days.length / 100);
  const plot = new uPlot(
    {
      width: Math.max(place.clientWidth, 200),
      height,
      legend: { show: false },
      // The name of the last day has room on both sides of it.
      padding: [12, 20, 0, 0],
      cursor: { y: false, points: { show: kind === 'line' }, drag: { setScale: false } },
      scales: {
        x: { time: false, range: [-beside, days.length - 1 + beside] },
        y: { range: (_self, _min, max) => [0, Math.max(4, Number.isFinite(max) ? max * 1.08 : 0)] },
      },
      axes: axesOf(days, format, {
        line: color('line'),
        soft: color('soft'),
        font: `12px ${style.fontFamily}`,
      }),
      series: [{}, ...drawn.map((each) => seriesOf(each, color(each.color), kind))],
      hooks: { setCursor: [({ cursor }) => pointed(cursor.idx ?? undefined)] },
    },
    [days.map((_, index) => index), ...drawn.map(({ values }) => values.map((value) => value ?? null))],
    place,
  );
  const watching = new ResizeObserver(() => {
    plot.setSize({ width: Math.max(place.clientWidth, 200), height });
  });
  watching.observe(place);
  return () => {
    watching.disconnect();
    plot.destroy();
  };
}

function axesOf(
  days: readonly string[],
  format: (value: number) => string,
  { line, soft, font }: { readonly line: string; readonly soft: string; readonly font: string },
): uPlot.Axis[] {
  const common = { stroke: soft, ticks: { show: false }, font };
  return [
    {
      ...common,
      grid: { show: false },
      size: 28,
      incrs: dayIncrements,
      // The last day is today, and always has its name.
      splits: (_self, _axis, _min, _max, increment) => daysFromLast(days.length, increment),
      values: (_self, splits) => splits.map((index) => days[index]?.slice(5) ?? ''),
    },
    {
      ...common,
      grid: { stroke: line, width: 1 },
      size: 58,
      incrs: countIncrements,
      values: (_self, splits) => splits.map(format),
    },
  ];
}

/** Every `step`th day, counted from the last. */
function daysFromLast(count: number, step: number): number[] {
  const last = count - 1;
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => last - index * step).toReversed();
}

function seriesOf({ name, values }: Series, color: string, kind: ChartProps['kind']): uPlot.Series {
  if (kind === 'line') {
    // A line through two days of a year is as good as nothing.
    const isShort = values.filter((value) => value !== undefined).length <= 30;
    const points = { size: 6, fill: color, ...(isShort && { show: true }) };
    return { label: name, stroke: color, width: 2, points, spanGaps: true };
  }
  const paths = uPlot.paths.bars?.({ size: [0.62, 34], radius: 0.12 });
  return {
    label: name,
    fill: color,
    stroke: color,
    width: 0,
    points: { show: false },
    ...(paths && { paths }),
  };
}

/** Each bar reaches to the top of its part of the pile; the highest is drawn first. */
function stacked(series: readonly Series[]): Series[] {
  const heights = new Array<number>(series[0]?.values.length ?? 0).fill(0);
  const piled = series.map((each) => ({
    ...each,
    values: each.values.map((value, index) => (heights[index] = (heights[index] ?? 0) + (value ?? 0))),
  }));
  return piled.toReversed();
}
