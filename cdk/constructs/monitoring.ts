import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  AlarmStatusWidget,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  MathExpression,
  Metric,
  SearchExpression,
  Stats,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { HorizontalAnnotation, IMetric, YAxisProps } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricNamespace, metricTable, type MetricName } from '../../shared/platform/metrics.ts';

/** What is watched. */
export interface MonitoringProps {
  readonly stage: string;
  /** Where alarms go. */
  readonly topic: ITopic;
  /** Where docs/runbook.md is found; the anchor of an alarm's section is added. */
  readonly runbookUrl: string;
  readonly api: HttpApi;
  /** Functions behind no route, whose faults no caller sees. At most five: an alarm takes ten metrics. */
  readonly background: Readonly<Record<string, IFunction>>;
  readonly deadLetters: Readonly<Record<'refreshes' | 'pushes' | 'details', IQueue>>;
}

/** When an alarm rings, and the section of docs/runbook.md that says what to do. */
interface Rule {
  /** The heading of the section. */
  readonly heading: string;
  /** One sentence. */
  readonly says: string;
  readonly metric: IMetric;
  readonly rings: 'at least' | 'above' | 'below';
  readonly threshold: number;
  /** So many periods in a row, or of so many. */
  readonly periods: number;
  readonly outOf?: number;
  /** @default 'notBreaching' */
  readonly withoutData?: TreatMissingData;
}

const comparisons = {
  'at least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
};

const period = Duration.minutes(5);

/** A token is renewed with four minutes left at the latest: with so few left, that has gone wrong for a while. */
const leastTokenSeconds = 120;
const leastBudgetPercent = 20;
const mostServerErrorPercent = 5;
const mostLatencyMs = 5000;
/** Of fewer requests in a period, a slow tenth says nothing. */
const fewestTimedRequests = 10;
const mostFailedLoginPercent = 20;

/**
 * One dashboard, and alarms that tell the topic when they ring and when they are over. Each alarm's description says
 * what it means and links to its section of docs/runbook.md.
 *
 * Defaults: what the functions measure (shared/platform/metrics.ts), and what AWS measures of the API, of the functions
 * that no caller sees, and of the dead-letter queues, in periods of 5 minutes.
 */
export class Monitoring extends Construct {
  readonly dashboard: Dashboard;
  readonly #props: MonitoringProps;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.#props = props;
    const rules = this.rules();
    const alarms = Object.entries(rules).map(([name, rule]) => this.alarm(name, rule));
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(12) });
    this.dashboard.addWidgets(
      new TextWidget({
        width: 24,
        height: 1,
        markdown: `**WeChat Keyring** · stage \`${props.stage}\` · what each alarm means: ${props.runbookUrl}`,
      }),
    );
    this.dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 3, alarms }));
    for (const row of this.rows()) this.dashboard.addWidgets(...row);
  }

  private rules(): Record<string, Rule> {
    const { api, deadLetters } = this.#props;
    return {
      TokenRunningOut: {
        heading: 'A token is running out',
        says: `An account's token has less than ${leastTokenSeconds} seconds left, and should have been renewed before.`,
        metric: this.ours('TokenSecondsLeft', Stats.MINIMUM),
        rings: 'below',
        threshold: leastTokenSeconds,
        periods: 1,
        withoutData: TreatMissingData.IGNORE,
      },
      RefreshesFail: {
        heading: 'Refreshes fail',
        says: 'The last refresh of an account failed and it is not mended yet, or the sweep cannot read the account.',
        metric: this.ours('AccountsFailing', Stats.MAXIMUM),
        rings: 'at least',
        threshold: 1,
        periods: 2,
        withoutData: TreatMissingData.IGNORE,
      },
      MintBudgetLow: {
        heading: 'The mint budget is low',
        says: `An account has less than ${leastBudgetPercent} % of its mints of the day left. When they are used up, its token is not renewed before midnight in China.`,
        metric: this.ours('MintBudgetLeft', Stats.MINIMUM),
        rings: 'below',
        threshold: leastBudgetPercent,
        periods: 1,
        withoutData: TreatMissingData.IGNORE,
      },
      SweepMissing: {
        heading: 'The sweep does not run',
        says: 'No sweep has come to its end for 15 minutes. What was missed is not renewed, and other alarms on tokens are blind.',
        metric: this.ours('Sweeps', Stats.SUM),
        rings: 'below',
        threshold: 1,
        periods: 3,
        withoutData: TreatMissingData.BREACHING,
      },
      RefreshDeadLetters: {
        heading: 'Refreshes end in the dead-letter queue',
        says: 'A run of refresh-credentials failed, and so did its second try.',
        metric: visible(deadLetters.refreshes),
        rings: 'at least',
        threshold: 1,
        periods: 1,
      },
      PushDeadLetters: {
        heading: 'Pushes end in the dead-letter queue',
        says: 'A push of WeChat could not be handled in four tries.',
        metric: visible(deadLetters.pushes),
        rings: 'at least',
        threshold: 1,
        periods: 1,
      },
      DetailsDeadLetters: {
        heading: 'Details of followers end in the dead-letter queue',
        says: 'Details of up to a hundred followers could not be fetched in the last of several tries.',
        metric: visible(deadLetters.details),
        rings: 'at least',
        threshold: 1,
        periods: 1,
      },
      BackgroundFails: {
        heading: 'Background functions fail',
        says: 'A function that no caller waits for failed or was throttled again and again.',
        metric: this.backgroundFaults(),
        rings: 'at least',
        threshold: 1,
        periods: 2,
        outOf: 3,
      },
      ApiFails: {
        heading: 'The API answers with server errors',
        says: `More than ${mostServerErrorPercent} % of the answers had a 5xx status, and at least five did.`,
        metric: new MathExpression({
          expression: 'IF(errors >= 5, 100 * errors / requests, 0)',
          usingMetrics: {
            errors: api.metricServerError({ statistic: Stats.SUM, period }),
            requests: api.metricCount({ statistic: Stats.SUM, period }),
          },
          label: '5xx, % of answers',
          period,
        }),
        rings: 'above',
        threshold: mostServerErrorPercent,
        periods: 2,
        outOf: 3,
      },
      ApiSlow: {
        heading: 'The API is slow',
        says: `One request in ten took more than ${mostLatencyMs / 1000} seconds, in each of three periods of 5 minutes with at least ${fewestTimedRequests} requests.`,
        metric: new MathExpression({
          expression: `IF(requests >= ${fewestTimedRequests}, latency, 0)`,
          usingMetrics: {
            requests: api.metricCount({ statistic: Stats.SUM, period }),
            latency: api.metricLatency({ statistic: Stats.p(90), period }),
          },
          label: 'p90, ms',
          period,
        }),
        rings: 'above',
        threshold: mostLatencyMs,
        periods: 3,
      },
      LoginsFail: {
        heading: 'Logins fail',
        says: `More than ${mostFailedLoginPercent} % of the logins of 15 minutes failed, and at least five did.`,
        metric: this.failedLogins(),
        rings: 'above',
        threshold: mostFailedLoginPercent,
        periods: 1,
      },
      SyncStuck: {
        heading: 'A sync of followers is stuck',
        says: 'The daily sync of an account with the list of WeChat failed or has not ended for a day and a half, or for 15 minutes no sweep has looked after the syncs.',
        metric: this.ours('SyncsStuck', Stats.MAXIMUM),
        rings: 'at least',
        threshold: 1,
        periods: 3,
        withoutData: TreatMissingData.BREACHING,
      },
    };
  }

  private alarm(id: string, rule: Rule): Alarm {
    const { periods, outOf = periods } = rule;
    const alarm = new Alarm(this, id, {
      alarmDescription: `${rule.says} What to do: ${this.#props.runbookUrl}#${anchorOf(rule.heading)}`,
      metric: rule.metric,
      threshold: rule.threshold,
      comparisonOperator: comparisons[rule.rings],
      evaluationPeriods: outOf,
      datapointsToAlarm: periods,
      treatMissingData: rule.withoutData ?? TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.#props.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }

  private rows(): GraphWidget[][] {
    const { api, background, deadLetters } = this.#props;
    const line = (at: number, label: string): HorizontalAnnotation => ({
      value: at,
      label,
      color: '#d13212',
    });
    return [
      [
        graph('Seconds that tokens have left', {
          left: [
            this.ours('TokenSecondsLeft', Stats.MINIMUM, 'least of all accounts'),
            this.each('TokenSecondsLeft', 'Account', Stats.MINIMUM),
          ],
          lines: [line(leastTokenSeconds, 'alarm')],
          axis: { min: 0 },
        }),
        graph('Age of the oldest token, in seconds', {
          left: [this.ours('TokenAge', Stats.MAXIMUM, 'oldest')],
          axis: { min: 0 },
        }),
        graph('Mint budget left, %', {
          left: [this.ours('MintBudgetLeft', Stats.MINIMUM, 'least of all accounts')],
          lines: [line(leastBudgetPercent, 'alarm')],
          axis: { min: 0, max: 100 },
        }),
      ],
      [
        graph('Refreshes', {
          left: [
            this.ours('Mints', Stats.SUM, 'mints'),
            this.ours('RefreshFailures', Stats.SUM, 'failures'),
            this.ours('TokensRejected', Stats.SUM, 'calls refused for their token'),
          ],
          axis: { min: 0 },
        }),
        graph('Sweeps', {
          left: [
            this.ours('Sweeps', Stats.SUM, 'sweeps'),
            this.ours('AccountsFailing', Stats.MAXIMUM, 'accounts failing'),
            this.ours('AccountsMissed', Stats.MAXIMUM, 'accounts missed'),
          ],
          axis: { min: 0 },
        }),
        graph('Faults of WeChat, by errcode', {
          left: [this.each('WeChatErrors', 'Reason', Stats.SUM)],
          axis: { min: 0 },
        }),
      ],
      [
        graph('Requests', {
          left: [
            api.metricCount({ statistic: Stats.SUM, period, label: 'all' }),
            api.metricClientError({ statistic: Stats.SUM, period, label: '4xx' }),
            api.metricServerError({ statistic: Stats.SUM, period, label: '5xx' }),
          ],
          axis: { min: 0 },
        }),
        graph('Latency of the API, ms', {
          left: [
            api.metricLatency({ statistic: Stats.p(50), period, label: 'p50' }),
            api.metricLatency({ statistic: Stats.p(90), period, label: 'p90' }),
            api.metricLatency({ statistic: Stats.p(99), period, label: 'p99' }),
          ],
          lines: [line(mostLatencyMs, 'alarm')],
          axis: { min: 0 },
        }),
        graph('Latency by route, p99, ms', {
          left: [this.each('Latency', 'Route', Stats.p(99))],
          axis: { min: 0 },
        }),
      ],
      [
        graph('Answers with 5xx, by route', {
          left: [this.each('ServerErrors', 'Route', Stats.SUM)],
          axis: { min: 0 },
        }),
        graph('Answers with 4xx, by route', {
          left: [this.each('ClientErrors', 'Route', Stats.SUM)],
          axis: { min: 0 },
        }),
        graph('Logins, by how they ended', {
          left: [this.each('Callbacks', 'Outcome', Stats.SUM)],
          axis: { min: 0 },
        }),
      ],
      [
        graph('Latency of WeChat by API, p90, ms', {
          left: [this.each('WeChatLatency', 'Api', Stats.p(90))],
          axis: { min: 0 },
        }),
        graph('Syncs of followers', {
          left: [
            this.ours('SyncsUnderWay', Stats.MAXIMUM, 'under way'),
            this.ours('SyncsStuck', Stats.MAXIMUM, 'stuck'),
          ],
          right: [this.ours('SyncProgress', Stats.MINIMUM, 'listed by the one least far, % (right)')],
          axis: { min: 0 },
        }),
        graph('Dead letters, and faults of background functions', {
          left: [
            ...Object.entries(deadLetters).map(([name, queue]) => visible(queue, `dead letters: ${name}`)),
            ...Object.entries(background).flatMap(([name, fn]) => [
              fn.metricErrors({ statistic: Stats.SUM, period, label: `${name} failed` }),
              fn.metricThrottles({ statistic: Stats.SUM, period, label: `${name} throttled` }),
            ]),
          ],
          axis: { min: 0 },
        }),
      ],
    ];
  }

  /** One of our metrics, of the stage as a whole or of one value of a dimension. */
  private ours(
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
      dimensionsMap: { Stage: this.#props.stage, ...dimension },
      ...(label !== undefined && { label }),
    });
  }

  /** A line for each value of the dimension that there turns out to be. */
  private each<Name extends MetricName>(
    name: Name,
    dimension: (typeof metricTable)[Name]['by'][number][number],
    statistic: string,
  ): SearchExpression {
    const search = `{${metricNamespace},Stage,${dimension}} MetricName="${name}" Stage="${this.#props.stage}"`;
    return new SearchExpression({
      expression: `SEARCH('${search}', '${statistic}', ${period.toSeconds()})`,
      label: `\${PROP('Dim.${dimension}')}`,
      period,
    });
  }

  private backgroundFaults(): MathExpression {
    const metrics = Object.values(this.#props.background).flatMap((fn) => [
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

  /** Of the logins that WeChat sent back to an attempt of ours. */
  private failedLogins(): MathExpression {
    const over = Duration.minutes(15);
    const ended = ['granted', 'snapshot', 'refused', 'failed'];
    const all = ended.map((Outcome) => `FILL(${Outcome}, 0)`).join(' + ');
    return new MathExpression({
      expression: `IF(FILL(failed, 0) >= 5, 100 * failed / (${all}), 0)`,
      usingMetrics: Object.fromEntries(
        ended.map((Outcome) => [Outcome, this.ours('Callbacks', Stats.SUM, undefined, { Outcome }, over)]),
      ),
      label: 'failed logins, %',
      period: over,
    });
  }
}

function visible(queue: IQueue, label?: string): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({
    statistic: Stats.MAXIMUM,
    period,
    ...(label !== undefined && { label }),
  });
}

function graph(
  title: string,
  parts: { left: IMetric[]; right?: IMetric[]; lines?: HorizontalAnnotation[]; axis: YAxisProps },
): GraphWidget {
  const { left, right, lines, axis } = parts;
  return new GraphWidget({
    title,
    width: 8,
    height: 6,
    left,
    leftYAxis: { showUnits: false, ...axis },
    ...(lines && { leftAnnotations: lines }),
    ...(right && { right, rightYAxis: { showUnits: false, min: 0, max: 100 } }),
  });
}

/** The anchor that Git hosts give a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
