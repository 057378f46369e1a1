import { GraphWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { HorizontalAnnotation, IMetric, YAxisProps } from 'aws-cdk-lib/aws-cloudwatch';
import { oldest, period, visible, type Watched } from './metrics.ts';
import { minBudgetPercent, minTokenSeconds, maxLatencyMs, maxPushSeconds } from './rules.ts';

type Row = readonly GraphWidget[];

/** The graphs of the dashboard, row by row. Their titles are in English and Chinese. */
export function graphsOf(watched: Watched): readonly Row[] {
  return [
    tokens(watched),
    refreshes(watched),
    requests(watched),
    answers(watched),
    wechatAndBackground(watched),
    backEndsAndQueues(watched),
  ];
}

function tokens({ ours }: Watched): Row {
  return [
    graph('Seconds that tokens have left · token 剩余秒数', {
      left: [
        ours.one('TokenSecondsLeft', Stats.MINIMUM, 'least of all accounts'),
        ours.each('TokenSecondsLeft', 'Account', Stats.MINIMUM),
      ],
      lines: [alarmLine(minTokenSeconds)],
      axis: { min: 0 },
    }),
    graph('Age of the oldest token, in seconds · 最旧的 token 已用多久', {
      left: [ours.one('TokenAge', Stats.MAXIMUM, 'oldest')],
      axis: { min: 0 },
    }),
    graph('Mint budget left, % · 换取次数剩余', {
      left: [ours.one('MintBudgetLeft', Stats.MINIMUM, 'least of all accounts')],
      lines: [alarmLine(minBudgetPercent)],
      axis: { min: 0, max: 100 },
    }),
  ];
}

function refreshes({ ours }: Watched): Row {
  return [
    graph('Refreshes · 刷新', {
      left: [
        ours.one('Mints', Stats.SUM, 'mints'),
        ours.one('RefreshFailures', Stats.SUM, 'failures'),
        ours.one('TokensRejected', Stats.SUM, 'calls refused for their token'),
        ours.one('TokensEndedEarly', Stats.SUM, 'tokens ended before their time'),
      ],
      axis: { min: 0 },
    }),
    graph('Sweeps · 巡检', {
      left: [
        ours.one('Sweeps', Stats.SUM, 'sweeps'),
        ours.one('AccountsFailing', Stats.MAXIMUM, 'accounts failing'),
        ours.one('AccountsMissed', Stats.MAXIMUM, 'accounts missed'),
      ],
      axis: { min: 0 },
    }),
    graph('Faults of WeChat, by errcode · 微信的故障', {
      left: [ours.each('WeChatErrors', 'Reason', Stats.SUM)],
      axis: { min: 0 },
    }),
  ];
}

function requests({ ours, api }: Watched): Row {
  return [
    graph('Requests · 请求', {
      left: [
        api.metricCount({ statistic: Stats.SUM, period, label: 'all' }),
        api.metricClientError({ statistic: Stats.SUM, period, label: '4xx' }),
        api.metricServerError({ statistic: Stats.SUM, period, label: '5xx' }),
      ],
      axis: { min: 0 },
    }),
    graph('Latency of the API, ms · API 延迟', {
      left: [
        api.metricLatency({ statistic: Stats.p(50), period, label: 'p50' }),
        api.metricLatency({ statistic: Stats.p(90), period, label: 'p90' }),
        api.metricLatency({ statistic: Stats.p(99), period, label: 'p99' }),
      ],
      lines: [alarmLine(maxLatencyMs)],
      axis: { min: 0 },
    }),
    graph('Latency by route, p99, ms · 各接口延迟', {
      left: [ours.each('Latency', 'Route', Stats.p(99))],
      axis: { min: 0 },
    }),
  ];
}

function answers({ ours }: Watched): Row {
  return [
    graph('Answers with 5xx, by route · 各接口 5xx 响应', {
      left: [ours.each('ServerErrors', 'Route', Stats.SUM)],
      axis: { min: 0 },
    }),
    graph('Answers with 4xx, by route · 各接口 4xx 响应', {
      left: [ours.each('ClientErrors', 'Route', Stats.SUM)],
      axis: { min: 0 },
    }),
    graph('Logins, by how they ended · 登录结果', {
      left: [ours.each('Callbacks', 'Outcome', Stats.SUM)],
      axis: { min: 0 },
    }),
  ];
}

function wechatAndBackground({ ours, background, deadLetters }: Watched): Row {
  return [
    graph('Latency of WeChat by API, p90, ms · 微信各接口延迟', {
      left: [ours.each('WeChatLatency', 'Api', Stats.p(90))],
      axis: { min: 0 },
    }),
    graph('Syncs of followers · 关注者同步', {
      left: [
        ours.one('SyncsUnderWay', Stats.MAXIMUM, 'under way'),
        ours.one('SyncsStuck', Stats.MAXIMUM, 'stuck'),
      ],
      right: [ours.one('SyncProgress', Stats.MINIMUM, 'listed by the one least far, % (right)')],
      axis: { min: 0 },
    }),
    graph('Dead letters and background faults · 死信与后台函数故障', {
      left: [
        ...Object.entries(deadLetters).map(([name, queue]) => visible(queue, `dead letters: ${name}`)),
        ...Object.entries(background).flatMap(([name, fn]) => [
          fn.metricErrors({ statistic: Stats.SUM, period, label: `${name} failed` }),
          fn.metricThrottles({ statistic: Stats.SUM, period, label: `${name} throttled` }),
        ]),
      ],
      axis: { min: 0 },
    }),
  ];
}

function backEndsAndQueues({ ours, queues }: Watched): Row {
  return [
    graph('Forwarded pushes, by outcome · 推送转发结果', {
      left: [ours.each('Forwards', 'Outcome', Stats.SUM)],
      axis: { min: 0 },
    }),
    graph('Age of the oldest message, in seconds · 最旧的消息已等多久', {
      left: [oldest(queues.pushes, 'pushes'), oldest(queues.details, 'details')],
      lines: [{ ...alarmLine(maxPushSeconds), label: 'alarm of pushes' }],
      axis: { min: 0 },
    }),
    graph('Drop-in calls, by key · 直接接入的调用', {
      left: [ours.each('KeyCalls', 'Key', Stats.SUM)],
      axis: { min: 0 },
    }),
  ];
}

function alarmLine(value: number): HorizontalAnnotation {
  return { value, label: 'alarm', color: '#d13212' };
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
