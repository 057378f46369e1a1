import { runInNewContext } from 'node:vm';
import * as z from 'zod';
import type { Synthesized } from '../../cdk/kit.ts';
import { ofType, one } from '../../cdk/kit.ts';

/** As much of CloudWatch as the dashboard and the alarms of the template need. */

/** A value at a time; `undefined` where there is none in that period. */
export interface Point {
  /** Unix seconds: the beginning of the period. */
  readonly at: number;
  readonly value: number | undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

interface Query {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `Minimum`, `Maximum` or a percentile such as `p99`. */
  readonly stat: string;
  readonly period: number;
}

const emfSchema = z
  .object({
    _aws: z.object({
      Timestamp: z.number(),
      CloudWatchMetrics: z.array(
        z.object({
          Namespace: z.string(),
          Dimensions: z.array(z.array(z.string())),
          Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
        }),
      ),
    }),
  })
  .catchall(z.union([z.string(), z.number()]));

interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly samples: { readonly at: number; readonly value: number }[];
}

/** Takes in values, and answers queries about them. */
export class MetricStore {
  readonly #series = new Map<string, Series>();

  put(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    sample: { readonly at: number; readonly value: number },
  ): void {
    const key = keyOf(namespace, name, dimensions);
    const series = this.#series.get(key) ?? { namespace, name, dimensions, samples: [] };
    this.#series.set(key, series);
    series.samples.push(sample);
  }

  /** A line in the embedded metric format, as CloudWatch reads it in a log. */
  putLine(line: string): void {
    const document = emfSchema.parse(JSON.parse(line));
    const at = document._aws.Timestamp / 1000;
    for (const { Namespace, Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
      for (const set of Dimensions) {
        const dimensions = Object.fromEntries(set.map((name) => [name, String(document[name])]));
        for (const { Name } of Metrics) {
          this.put(Namespace, Name, dimensions, { at, value: Number(document[Name]) });
        }
      }
    }
  }

  read({ namespace, name, dimensions, stat, period }: Query, { from, to }: Span): Point[] {
    const samples = this.#series.get(keyOf(namespace, name, dimensions))?.samples ?? [];
    const periods = new Map<number, number[]>();
    for (const { at, value } of samples) {
      const begin = Math.floor(at / period) * period;
      periods.set(begin, [...(periods.get(begin) ?? []), value]);
    }
    const points: Point[] = [];
    for (let at = Math.ceil(from / period) * period; at < to; at += period) {
      points.push({ at, value: statistic(stat, periods.get(at) ?? []) });
    }
    return points;
  }

  /** The values of a dimension that a metric has been told by, with the other dimensions as given. */
  valuesOf(name: string, dimension: string, others: Readonly<Record<string, string>>): string[] {
    return [...this.#series.values()]
      .filter(
        ({ name: own, dimensions }) =>
          own === name &&
          dimension in dimensions &&
          Object.keys(dimensions).length === Object.keys(others).length + 1 &&
          Object.entries(others).every(([key, value]) => dimensions[key] === value),
      )
      .map(({ dimensions }) => dimensions[dimension] ?? '')
      .toSorted();
  }
}

function keyOf(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).toSorted()]);
}

function statistic(stat: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  switch (stat) {
    case 'Sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'Minimum':
      return sorted[0];
    case 'Maximum':
      return sorted.at(-1);
    default: {
      const share = Number(/^p(\d+)$/.exec(stat)?.[1]) / 100;
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }
  }
}

export interface Line {
  readonly label: string;
  readonly axis: 'left' | 'right';
  readonly points: readonly Point[];
}

/** A widget of the dashboard, with its data. */
export type Widget = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
} & (
  | { readonly type: 'text'; readonly markdown: string }
  | { readonly type: 'alarm' }
  | {
      readonly type: 'metric';
      readonly title: string;
      readonly lines: readonly Line[];
      readonly limits: readonly number[];
      readonly max: number | undefined;
    }
);

const place = { x: z.number(), y: z.number(), width: z.number(), height: z.number() };
const optionsSchema = z.object({
  label: z.string(),
  stat: z.string().default('Sum'),
  period: z.number().default(300),
  expression: z.string().optional(),
  yAxis: z.enum(['left', 'right']).default('left'),
});
const widgetSchema = z.discriminatedUnion('type', [
  z.object({ ...place, type: z.literal('text'), properties: z.object({ markdown: z.string() }) }),
  z.object({ ...place, type: z.literal('alarm') }),
  z.object({
    ...place,
    type: z.literal('metric'),
    properties: z.object({
      title: z.string(),
      metrics: z.array(z.array(z.unknown())),
      annotations: z.object({ horizontal: z.array(z.object({ value: z.number() })) }).optional(),
      yAxis: z.object({ left: z.object({ max: z.number().optional() }) }),
    }),
  }),
]);

/** The widgets of the template's one dashboard. */
export function widgetsOf(template: Synthesized, store: MetricStore, span: Span): Widget[] {
  const [, { Properties }] = one(template, 'AWS::CloudWatch::Dashboard');
  const body = JSON.parse(nameOf(Properties['DashboardBody'])) as unknown;
  const { widgets } = z.object({ widgets: z.array(widgetSchema) }).parse(body);
  return widgets.map((widget) => {
    const { x, y, width, height } = widget;
    const at = { x, y, width, height };
    switch (widget.type) {
      case 'text':
        return { ...at, type: 'text', markdown: widget.properties.markdown };
      case 'alarm':
        return { ...at, type: 'alarm' };
      case 'metric': {
        const { title, metrics, annotations, yAxis } = widget.properties;
        return {
          ...at,
          type: 'metric',
          title,
          lines: metrics.flatMap((metric) => linesOf(metric, store, span)),
          limits: annotations?.horizontal.map(({ value }) => value) ?? [],
          max: yAxis.left.max,
        };
      }
    }
  });
}

const searchPattern =
  /^SEARCH\('\{(?<namespace>[^,]+),Stage,(?<dimension>\w+)\} MetricName="(?<name>\w+)" Stage="(?<stage>\w+)"', '(?<stat>\w+)', (?<period>\d+)\)$/;

/** `[namespace, name, dimension, value, …, options]`, or `[options]` with a search. */
function linesOf(metric: readonly unknown[], store: MetricStore, span: Span): Line[] {
  const { label, stat, period, expression, yAxis: axis } = optionsSchema.parse(metric.at(-1));
  if (expression === undefined) {
    const [namespace = '', name = '', ...pairs] = z.array(z.string()).parse(metric.slice(0, -1));
    const dimensions = dimensionsOf(pairs);
    return [{ label, axis, points: store.read({ namespace, name, dimensions, stat, period }, span) }];
  }
  const search = searchPattern.exec(expression)?.groups;
  if (!search) throw new Error(`This search is not one that is understood here: ${expression}`);
  const { namespace = '', dimension = '', name = '', stage = '' } = search;
  return store.valuesOf(name, dimension, { Stage: stage }).map((value) => ({
    label: value,
    axis,
    points: store.read(
      {
        namespace,
        name,
        dimensions: { Stage: stage, [dimension]: value },
        stat: search['stat'] ?? '',
        period: Number(search['period']),
      },
      span,
    ),
  }));
}

function dimensionsOf(pairs: readonly string[]): Record<string, string> {
  const names = pairs.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [name, pairs[2 * index + 1] ?? '']));
}

/** A text of the template, with the logical ids of what is known at deployment only. */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [kind, argument] = Object.entries(z.record(z.string(), z.unknown()).parse(value))[0] ?? [];
  if (kind === 'Ref') return String(argument);
  if (kind === 'Fn::GetAtt') return z.array(z.string()).parse(argument)[0] ?? '';
  const [separator, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
  return parts.map(nameOf).join(separator);
}

const dimensionList = z
  .array(z.object({ Name: z.string(), Value: z.unknown() }))
  .transform((list) => Object.fromEntries(list.map(({ Name, Value }) => [Name, nameOf(Value)])));
const statSchema = z.object({
  Metric: z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensionList }),
  Period: z.number(),
  Stat: z.string(),
});
const alarmSchema = z.object({
  AlarmDescription: z.string(),
  ComparisonOperator: z.enum(['LessThanThreshold', 'GreaterThanThreshold', 'GreaterThanOrEqualToThreshold']),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number(),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore']),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensionList.optional(),
  Period: z.number().optional(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Metrics: z
    .array(z.object({ Id: z.string(), Expression: z.string().optional(), MetricStat: statSchema.optional() }))
    .optional(),
});
type AlarmProperties = z.infer<typeof alarmSchema>;

/** An alarm of the template, and when it rang. */
export interface AlarmHistory {
  /** Its name in the stack, such as `TokenRunningOut`. */
  readonly name: string;
  /** In words: the anchor of its section in the runbook. */
  readonly anchor: string;
  readonly rang: readonly Span[];
}

/** Evaluates every alarm at the end of each period. */
export function alarmsOf(template: Synthesized, store: MetricStore, span: Span): AlarmHistory[] {
  return ofType(template, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => {
    const alarm = alarmSchema.parse(Properties);
    return {
      name: id.replace(/^Monitoring(.*)[0-9A-F]{8}$/, '$1'),
      anchor: alarm.AlarmDescription.split('#')[1] ?? '',
      rang: ringsOf(alarm, store, span),
    };
  });
}

function ringsOf(alarm: AlarmProperties, store: MetricStore, span: Span): Span[] {
  const { points, period } = watched(alarm, store, span);
  const rang: { from: number; to: number }[] = [];
  let ringing = false;
  points.forEach(({ at }, last) => {
    const seen = points.slice(Math.max(0, last + 1 - alarm.EvaluationPeriods), last + 1);
    const isOver = seen.every(({ value }) => value === undefined) && alarm.TreatMissingData === 'ignore';
    const breaching = seen.filter(({ value }) => breaches(alarm, value)).length;
    // Where only data counts, and there is none, the state stays.
    const next = isOver ? ringing : breaching >= alarm.DatapointsToAlarm;
    const end = at + period;
    if (next && !ringing) rang.push({ from: end, to: span.to });
    const current = rang.at(-1);
    if (!next && ringing && current) current.to = end;
    ringing = next;
  });
  return rang;
}

function breaches(alarm: AlarmProperties, value: number | undefined): boolean {
  if (value === undefined) return alarm.TreatMissingData === 'breaching';
  switch (alarm.ComparisonOperator) {
    case 'LessThanThreshold':
      return value < alarm.Threshold;
    case 'GreaterThanThreshold':
      return value > alarm.Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= alarm.Threshold;
  }
}

function watched(
  alarm: AlarmProperties,
  store: MetricStore,
  span: Span,
): { readonly points: readonly Point[]; readonly period: number } {
  const { Namespace = '', MetricName, Dimensions = {}, Period = 300, Metrics = [] } = alarm;
  if (MetricName !== undefined) {
    const stat = alarm.Statistic ?? alarm.ExtendedStatistic ?? '';
    const query = { namespace: Namespace, name: MetricName, dimensions: Dimensions, stat, period: Period };
    return { points: store.read(query, span), period: Period };
  }
  const expression = Metrics.find(({ Expression }) => Expression !== undefined)?.Expression ?? '';
  const inputs = Metrics.flatMap(({ Id, MetricStat }) => {
    if (!MetricStat) return [];
    const { Metric, Stat: stat, Period: period } = MetricStat;
    const { Namespace: namespace, MetricName: name, Dimensions: dimensions } = Metric;
    return [{ id: Id, period, points: store.read({ namespace, name, dimensions, stat, period }, span) }];
  });
  const [first] = inputs;
  const points = (first?.points ?? []).map(({ at }, index) => {
    const values = inputs.map(({ id, points: own }) => [id, own[index]?.value]);
    return { at, value: calculate(expression, Object.fromEntries(values) as Record<string, unknown>) };
  });
  return { points, period: first?.period ?? 300 };
}

/** Metric math is close enough to JavaScript, with two functions of its own. */
function calculate(expression: string, values: Readonly<Record<string, unknown>>): number | undefined {
  const functions = {
    IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
    FILL: (value: number | undefined, instead: number) => value ?? instead,
  };
  const result = Number(runInNewContext(expression, { ...values, ...functions }));
  return Number.isFinite(result) ? result : undefined;
}
