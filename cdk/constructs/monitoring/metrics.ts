import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { MathExpression, Metric, SearchExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { metricNamespace, metricTable, type MetricName } from '../../../shared/platform/metrics.ts';

/** What is watched. */
export interface Watched {
  readonly ours: OwnMetrics;
  readonly api: HttpApi;
  /** Functions behind no route, whose faults no caller sees. At most five: an alarm takes ten metrics. */
  readonly background: Readonly<Record<string, IFunction>>;
  readonly deadLetters: Readonly<Record<'refreshes' | 'pushes' | 'details', IQueue>>;
  readonly queues: Readonly<Record<'pushes' | 'details', IQueue>>;
}

export const period = Duration.minutes(5);

/** What the functions measure (shared/platform/metrics.ts), of one stage. */
export class OwnMetrics {
  readonly #stage: string;

  constructor(stage: string) {
    this.#stage = stage;
  }

  /** One of our metrics, of the stage as a whole or of one value of a dimension. */
  one(
    metricName: MetricName,
    statistic: string,
    label?: string,
    dimension: Readonly<Record<string, string>> = {},
    over = period,
  ): Metric {
    return new Metric({
      namespace: metricNamespace,
      metricName,
      statistic,
      period: over,
      dimensionsMap: { Stage: this.#stage, ...dimension },
      ...(label !== undefined && { label }),
    });
  }

  /** A line for each value of the dimension that there turns out to be. */
  each<Name extends MetricName>(
    name: Name,
    dimension: (typeof metricTable)[Name]['by'][number][number],
    statistic: string,
  ): SearchExpression {
    const search = `{${metricNamespace},Stage,${dimension}} MetricName="${name}" Stage="${this.#stage}"`;
    return new SearchExpression({
      expression: `SEARCH('${search}', '${statistic}', ${period.toSeconds()})`,
      label: `\${PROP('Dim.${dimension}')}`,
      period,
    });
  }

  /** Of the logins that WeChat sent back to an attempt of ours. */
  failedLogins(): MathExpression {
    const over = Duration.minutes(15);
    const ended = ['granted', 'snapshot', 'refused', 'failed'];
    const all = ended.map((Outcome) => `FILL(${Outcome}, 0)`).join(' + ');
    return new MathExpression({
      expression: `IF(FILL(failed, 0) >= 5, 100 * failed / (${all}), 0)`,
      usingMetrics: Object.fromEntries(
        ended.map((Outcome) => [Outcome, this.one('Callbacks', Stats.SUM, undefined, { Outcome }, over)]),
      ),
      label: 'failed logins, %',
      period: over,
    });
  }
}

/** Faults and throttles of all functions that no caller sees. */
export function backgroundFaults({ background }: Watched): MathExpression {
  const metrics = Object.values(background).flatMap((fn) => [
    fn.metricErrors({ statistic: Stats.SUM, period }),
    fn.metricThrottles({ statistic: Stats.SUM, period }),
  ]);
  const named = metrics.map((metric, n) => [`m${n}`, metric] as const);
  return new MathExpression({
    expression: named.map(([name]) => `FILL(${name}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(named),
    label: 'faults and throttles',
    period,
  });
}

/** How many messages are in the queue. */
export function visible(queue: IQueue, label?: string): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    period,
    ...(label !== undefined && { label }),
  });
}

/** How long the oldest message of the queue has waited, in seconds. */
export function oldest(queue: IQueue, label?: string): Metric {
  return queue.metricApproximateAgeOfOldestMessage({
    statistic: Stats.MAXIMUM,
    period,
    ...(label !== undefined && { label }),
  });
}

/** The same while no message leaves the queue, and 0 while some do. */
export function oldestWhileNoneLeaves(queue: IQueue): MathExpression {
  return new MathExpression({
    expression: 'IF(FILL(deleted, 0) == 0, age, 0)',
    usingMetrics: {
      age: oldest(queue),
      deleted: queue.metricNumberOfMessagesDeleted({ statistic: Stats.SUM, period }),
    },
    label: 'seconds waited while none leaves',
    period,
  });
}
