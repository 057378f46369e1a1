import { MathExpression, Stats, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { backgroundFaults, oldest, oldestWhileNoneLeaves, period, visible, type Watched } from './metrics.ts';

/** When an alarm rings, and the section of docs/runbook.md that says what to do. */
export interface Rule {
  /** The heading of the section. */
  readonly heading: string;
  /** One sentence. */
  readonly says: string;
  readonly saysInChinese: string;
  readonly metric: IMetric;
  readonly rings: 'at least' | 'above' | 'below';
  readonly threshold: number;
  /** So many periods in a row, or of so many. */
  readonly periods: number;
  readonly outOf?: number;
  /** @default 'notBreaching' */
  readonly withoutData?: TreatMissingData;
}

/** A token is renewed with four minutes left at the latest: with so few left, that has gone wrong for a while. */
export const minTokenSeconds = 120;
export const minBudgetPercent = 20;
const maxServerErrorPercent = 5;
export const maxLatencyMs = 5000;
/** Of fewer requests in a period, a slow tenth says nothing. */
const minTimedRequests = 10;
const maxFailedLoginPercent = 20;
/**
 * A message that fails comes four times, six timeouts of its function apart (cdk/constructs/work-queue.ts), and goes to
 * the dead-letter queue: after 12 minutes as a push, after 48 as a message about details. What is still there later has
 * not been taken.
 */
export const maxPushSeconds = 900;
const maxDetailsSeconds = 3600;

type Rules = Readonly<Record<string, Rule>>;

/** Every alarm, by its name. docs/runbook.md says the same in words. */
export function rulesOf(watched: Watched): Rules {
  return {
    ...tokenRules(watched),
    ...deadLetterRules(watched),
    ...queueRules(watched),
    ...apiRules(watched),
    ...loginRules(watched),
    ...followersRules(watched),
  };
}

function tokenRules({ ours }: Watched): Rules {
  return {
    TokenRunningOut: {
      heading: 'A token is running out',
      says: `An account's token has less than ${minTokenSeconds} seconds left. It should have been renewed before.`,
      saysInChinese: `有公众号的 token 剩余不到 ${minTokenSeconds} 秒，本该早已刷新。`,
      metric: ours.one('TokenSecondsLeft', Stats.MINIMUM),
      rings: 'below',
      threshold: minTokenSeconds,
      periods: 1,
      withoutData: TreatMissingData.IGNORE,
    },
    RefreshesFail: {
      heading: 'Refreshes fail',
      says: 'The last refresh of an account failed, and none has succeeded since. Or the sweep cannot read the account.',
      saysInChinese: '有公众号最近一次刷新失败，还没有恢复；或者巡检读不到这个公众号。',
      metric: ours.one('AccountsFailing', Stats.MAXIMUM),
      rings: 'at least',
      threshold: 1,
      periods: 2,
      withoutData: TreatMissingData.IGNORE,
    },
    MintBudgetLow: {
      heading: 'The mint budget is low',
      says: `An account has less than ${minBudgetPercent} % of its mints of the day left. When they are used up, its token is not renewed before midnight in China.`,
      saysInChinese: `有公众号当天的换取次数剩余不到 ${minBudgetPercent} %。用完之后，北京时间零点之前不再刷新 token。`,
      metric: ours.one('MintBudgetLeft', Stats.MINIMUM),
      rings: 'below',
      threshold: minBudgetPercent,
      periods: 1,
      withoutData: TreatMissingData.IGNORE,
    },
    TokensEndEarly: {
      heading: 'Something else mints',
      says: 'Twice within six hours, WeChat ended the token of an account before its time, and this service had not replaced it.',
      saysInChinese: '六小时内微信两次提前让公众号的 token 失效，而本服务没有更换过。',
      metric: ours.one('TokensEndedEarly', Stats.SUM),
      rings: 'at least',
      threshold: 1,
      periods: 2,
      outOf: 72,
    },
    SweepMissing: {
      heading: 'The sweep does not run',
      says: 'No sweep has finished for 15 minutes. Nobody makes up for missed refreshes, and the other alarms on tokens get no figures.',
      saysInChinese: '巡检已有 15 分钟没有完成。漏掉的刷新没有补上，与 token 有关的其他告警也没有数据。',
      metric: ours.one('Sweeps', Stats.SUM),
      rings: 'below',
      threshold: 1,
      periods: 3,
      withoutData: TreatMissingData.BREACHING,
    },
  };
}

function deadLetterRules(watched: Watched): Rules {
  const { deadLetters } = watched;
  return {
    RefreshDeadLetters: {
      heading: 'Refreshes end in the dead-letter queue',
      says: 'A run of refresh-credentials failed, and so did its second try.',
      saysInChinese: 'refresh-credentials 的一次运行失败，重试也失败。',
      metric: visible(deadLetters.refreshes),
      rings: 'at least',
      threshold: 1,
      periods: 1,
    },
    PushDeadLetters: {
      heading: 'Pushes end in the dead-letter queue',
      says: 'Four tries to handle a push failed. You may have to delete the data of a user by hand.',
      saysInChinese: '一条消息推送处理了四次都失败，可能需要手动删除某位用户的数据。',
      metric: visible(deadLetters.pushes),
      rings: 'at least',
      threshold: 1,
      periods: 1,
    },
    DetailsDeadLetters: {
      heading: 'Details of followers end in the dead-letter queue',
      says: 'The details of up to a hundred followers could not be fetched, and no try is left.',
      saysInChinese: '最多一百位关注者的详情，重试多次仍没有取到。',
      metric: visible(deadLetters.details),
      rings: 'at least',
      threshold: 1,
      periods: 1,
    },
    BackgroundFails: {
      heading: 'Background functions fail',
      says: 'A background function failed or was throttled again and again.',
      saysInChinese: '一个后台函数反复失败或被限流。',
      metric: backgroundFaults(watched),
      rings: 'at least',
      threshold: 1,
      periods: 2,
      outOf: 3,
    },
  };
}

function queueRules({ queues }: Watched): Rules {
  return {
    PushesWait: {
      heading: 'Pushes wait in their queue',
      says: `A push has waited for ${maxPushSeconds / 60} minutes. No function takes it, or pushes come faster than they are handled.`,
      saysInChinese: `一条消息推送已等待 ${maxPushSeconds / 60} 分钟：没有函数来取，或者来得比处理得快。`,
      metric: oldest(queues.pushes),
      rings: 'at least',
      threshold: maxPushSeconds,
      periods: 1,
      withoutData: TreatMissingData.IGNORE,
    },
    // A large account's first sync fills the queue for hours, and then messages leave it all the time. What waits for a
    // quota of WeChat until tomorrow is not in the queue.
    DetailsWait: {
      heading: 'Details of followers wait in their queue',
      says: `A message about details of followers has waited for ${maxDetailsSeconds / 3600} hour, and none leaves the queue.`,
      saysInChinese: `一条获取关注者详情的消息已等待 ${maxDetailsSeconds / 3600} 小时，队列里没有消息被处理完。`,
      metric: oldestWhileNoneLeaves(queues.details),
      rings: 'at least',
      threshold: maxDetailsSeconds,
      periods: 2,
      withoutData: TreatMissingData.IGNORE,
    },
  };
}

function apiRules({ api }: Watched): Rules {
  return {
    ApiFails: {
      heading: 'The API answers with server errors',
      says: `More than ${maxServerErrorPercent} % of the answers had a 5xx status, and at least five did.`,
      saysInChinese: `超过 ${maxServerErrorPercent} % 的响应是 5xx，并且至少有五个。`,
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
      threshold: maxServerErrorPercent,
      periods: 2,
      outOf: 3,
    },
    ApiSlow: {
      heading: 'The API is slow',
      says: `One request in ten took more than ${maxLatencyMs / 1000} seconds, in each of three periods of 5 minutes with at least ${minTimedRequests} requests.`,
      saysInChinese: `连续三个 5 分钟里，每个都有至少 ${minTimedRequests} 个请求，其中至少十分之一超过 ${maxLatencyMs / 1000} 秒。`,
      metric: new MathExpression({
        expression: `IF(requests >= ${minTimedRequests}, latency, 0)`,
        usingMetrics: {
          requests: api.metricCount({ statistic: Stats.SUM, period }),
          latency: api.metricLatency({ statistic: Stats.p(90), period }),
        },
        label: 'p90, ms',
        period,
      }),
      rings: 'above',
      threshold: maxLatencyMs,
      periods: 3,
    },
  };
}

function loginRules({ ours }: Watched): Rules {
  return {
    LoginsFail: {
      heading: 'Logins fail',
      says: `More than ${maxFailedLoginPercent} % of the logins of 15 minutes failed, and at least five did.`,
      saysInChinese: `15 分钟内超过 ${maxFailedLoginPercent} % 的登录失败，并且至少有五次。`,
      metric: ours.failedLogins(),
      rings: 'above',
      threshold: maxFailedLoginPercent,
      periods: 1,
    },
  };
}

function followersRules({ ours }: Watched): Rules {
  return {
    SyncStuck: {
      heading: 'A sync of followers is stuck',
      says: 'The daily sync of followers failed for an account, or has not ended for a day and a half (longer where quotas spread it over days). Or no sweep has looked after the syncs for 15 minutes.',
      saysInChinese:
        '有公众号每天的关注者同步失败，或者一天半还没有结束（额度不够、要用几天的同步会多等几天）；或者已有 15 分钟没有巡检照看同步。',
      metric: ours.one('SyncsStuck', Stats.MAXIMUM),
      rings: 'at least',
      threshold: 1,
      periods: 3,
      withoutData: TreatMissingData.BREACHING,
    },
  };
}
