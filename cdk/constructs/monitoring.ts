import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  ComparisonOperator,
  Dashboard,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { Alarms } from './alarms.ts';
import type { Credentials } from './credentials.ts';
import type { Followers } from './followers.ts';
import type { KeyringApi } from './keyring-api.ts';
import { graphsOf } from './monitoring/graphs.ts';
import { OwnMetrics, type Watched } from './monitoring/metrics.ts';
import { rulesOf, type Rule } from './monitoring/rules.ts';
import type { Pushes } from './pushes.ts';

/** What is watched, and who is told. */
export interface MonitoringProps {
  readonly config: Config;
  /** Where alarms go. */
  readonly alarms: Alarms;
  readonly api: KeyringApi;
  readonly credentials: Credentials;
  readonly followers: Followers;
  readonly pushes: Pushes;
}

const comparisons = {
  'at least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
};

/**
 * One dashboard, and alarms that tell the topic when they ring and when they are over. Each alarm's description says
 * in English and Chinese what it means, and links to its section of docs/runbook.md.
 *
 * Defaults: what the functions measure (shared/platform/metrics.ts), and what AWS measures of the API, of the functions
 * that no caller sees, and of the queues, in periods of 5 minutes.
 */
export class Monitoring extends Construct {
  readonly dashboard: Dashboard;
  /** Those that ring when the API fails or is slow. */
  readonly ofApi: readonly Alarm[];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { stage, runbookUrl } = props.config;
    const watched = watchedOf(props);
    const byName = new Map(
      Object.entries(rulesOf(watched)).map(([name, rule]) => [name, this.#alarm(name, rule, props)]),
    );
    const alarms = [...byName.values()];
    this.ofApi = ['ApiFails', 'ApiSlow'].flatMap((name) => byName.get(name) ?? []);
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(12) });
    this.dashboard.addWidgets(
      new TextWidget({
        width: 24,
        height: 1,
        markdown: `**WeChat Keyring** · stage \`${stage}\` · what each alarm means · 告警的含义: ${runbookUrl}`,
      }),
    );
    this.dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms · 告警', width: 24, height: 4, alarms }),
    );
    for (const row of graphsOf(watched)) this.dashboard.addWidgets(...row);
  }

  #alarm(id: string, rule: Rule, { config, alarms }: MonitoringProps): Alarm {
    const { periods, outOf = periods } = rule;
    const alarm = new Alarm(this, id, {
      alarmDescription: `${rule.says} ${rule.saysInChinese} What to do: ${config.runbookUrl}#${anchorOf(rule.heading)}`,
      metric: rule.metric,
      threshold: rule.threshold,
      comparisonOperator: comparisons[rule.rings],
      evaluationPeriods: outOf,
      datapointsToAlarm: periods,
      treatMissingData: rule.withoutData ?? TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(alarms.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}

function watchedOf({ config, api, credentials, followers, pushes }: MonitoringProps): Watched {
  return {
    ours: new OwnMetrics(config.stage),
    api: api.api,
    background: {
      refresh: credentials.refresh,
      pushes: pushes.handle,
      sync: followers.sync,
      details: followers.fetchDetails,
    },
    deadLetters: {
      refreshes: credentials.schedules.deadLetters,
      pushes: pushes.queue.deadLetters,
      details: followers.details.deadLetters,
    },
    queues: { pushes: pushes.queue.queue, details: followers.details.queue },
  };
}

/** The anchor that Git hosts give a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
