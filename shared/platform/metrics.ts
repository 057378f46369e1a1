import type { Clock } from './clock.ts';

/** CloudWatch's name for the folder of our metrics. */
export const metricNamespace = 'WeChatKeyring';

/**
 * What metrics are told apart by, beside the stage. Each value makes a metric of its own that costs money, so each is
 * one of a few: never anything that a caller chooses.
 */
type Dimension = 'Account' | 'Route' | 'Api' | 'Reason' | 'Outcome' | 'Key';

interface Definition {
  readonly unit: 'Count' | 'Milliseconds' | 'Percent' | 'Seconds';
  /** A metric for each; the empty one is the stage as a whole. */
  readonly by: readonly (readonly Dimension[])[];
}

const whole = [] as const;

/** Every metric there is. docs/logs.md says what each tells. */
export const metricTable = {
  /** From each sweep, for each account: how long WeChat will go on accepting the token that readers get. */
  TokenSecondsLeft: { unit: 'Seconds', by: [whole, ['Account']] },
  /** From each sweep, for each account: how long ago its token was minted. */
  TokenAge: { unit: 'Seconds', by: [whole] },
  /** From each sweep, for each account: what is left of the mints of the day. */
  MintBudgetLeft: { unit: 'Percent', by: [whole] },
  /** 1 for each sweep that came to its end. */
  Sweeps: { unit: 'Count', by: [whole] },
  /** From each sweep: accounts with a credential whose last refresh failed, and those that it could not see to. */
  AccountsFailing: { unit: 'Count', by: [whole] },
  /** From each sweep: accounts that it could not see to. */
  AccountsMissed: { unit: 'Count', by: [whole] },
  /** 1 for each value of a token or ticket that WeChat handed out, be it the same again. */
  Mints: { unit: 'Count', by: [whole] },
  RefreshFailures: { unit: 'Count', by: [whole] },
  /** 1 for each call that WeChat refused because of the account's token. */
  TokensRejected: { unit: 'Count', by: [whole] },
  /** 1 for each token that WeChat was found to reject before its time though nobody here had replaced it. */
  TokensEndedEarly: { unit: 'Count', by: [whole] },
  /** From each sweep of syncs: runs of the mirror of followers that have not come to their end. */
  SyncsUnderWay: { unit: 'Count', by: [whole] },
  /**
   * From each sweep of syncs: accounts whose run has failed for the day or been under way for too long, and
   * those that it could not see to.
   */
  SyncsStuck: { unit: 'Count', by: [whole] },
  /** From each sweep of syncs: how much of WeChat's list the run has taken in that is least far. */
  SyncProgress: { unit: 'Percent', by: [whole] },
  /** 1 for each browser that came back from WeChat. */
  Callbacks: { unit: 'Count', by: [['Outcome']] },
  /** 1 for each push that a back end of the deployer's was asked about. */
  Forwards: { unit: 'Count', by: [['Outcome']] },
  /** 1 for each call that was passed on for a back end, by the id of its key. */
  KeyCalls: { unit: 'Count', by: [['Key']] },
  Latency: { unit: 'Milliseconds', by: [['Route']] },
  /** 1 for each answer with a 4xx status. */
  ClientErrors: { unit: 'Count', by: [['Route']] },
  /** 1 for each answer with a 5xx status. */
  ServerErrors: { unit: 'Count', by: [['Route']] },
  /** Of one attempt, until the end of the answer. */
  WeChatLatency: { unit: 'Milliseconds', by: [['Api']] },
  /** 1 for each attempt that failed; the reason is the errcode, or else how WeChat could not be reached. */
  WeChatErrors: { unit: 'Count', by: [['Reason']] },
} as const satisfies Record<string, Definition>;

export type MetricName = keyof typeof metricTable;

/** Values that belong together, by the names of their metrics. */
export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

/**
 * What stands beside values: dimensions, which begin with a capital letter, and what is only written down with them,
 * to be searched for. Nothing of it is secret, and none of it tells of a user.
 */
export type MetricContext = Readonly<Partial<Record<Dimension, string>>> & {
  readonly account?: string;
  /** The kind of credential. */
  readonly credential?: string;
  /** The stable code of a failure. */
  readonly code?: string;
  /** The HTTP status of an answer. */
  readonly status?: number;
};

/** Where the service counts and measures. It neither throws nor waits. */
export interface Metrics {
  put(values: MetricValues, context?: MetricContext): void;
}

/** Counts nothing. */
export const noMetrics: Metrics = { put: () => undefined };

const definitions = new Map<string, Definition>(Object.entries(metricTable));

/**
 * Writes each set of values as one line in CloudWatch's embedded metric format: CloudWatch makes metrics of it once the
 * line is in a log, so that no request waits for a call of its own.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfMetrics(parts: {
  /** The value of the dimension `Stage`, which every metric has. */
  readonly stage: string;
  readonly clock: Clock;
  readonly write: (line: string) => void;
}): Metrics {
  const { stage, clock, write } = parts;
  return {
    put(values, context = {}) {
      const directives = Object.keys(values).map((Name) => {
        const { unit: Unit, by = [] } = definitions.get(Name) ?? {};
        const told = by.filter((dimensions) => dimensions.every((name) => context[name] !== undefined));
        return {
          Namespace: metricNamespace,
          Dimensions: told.map((dimensions) => ['Stage', ...dimensions]),
          Metrics: [{ Name, Unit }],
        };
      });
      const CloudWatchMetrics = directives.filter(({ Dimensions }) => Dimensions.length > 0);
      write(
        JSON.stringify({
          _aws: { Timestamp: clock.now() * 1000, CloudWatchMetrics },
          Stage: stage,
          ...context,
          ...values,
        }),
      );
    },
  };
}
