import type { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../config.ts';
import type { Alarms } from './alarms.ts';
import { FixedEgress } from './egress.ts';
import { letInvokeItself, type Functions } from './functions.ts';
import { RefreshSchedules } from './refresh-schedules.ts';
import { shareOf } from './small-account.ts';
import { maxEventAge } from './sweep.ts';

/**
 * Tokens and tickets: the function that mints and renews them, its schedules, its way to WeChat, and the routes that
 * hand them out.
 *
 * A subsystem is no construct: what it makes stands in the stack itself, so that logical ids say nothing of it, and
 * nothing is replaced when something moves from one subsystem to another.
 */
export class Credentials {
  readonly refresh: LambdaFunction;
  readonly schedules: RefreshSchedules;
  /** What WeChat sees; `undefined` where that is not fixed. */
  readonly egressAddress: string | undefined;

  constructor(
    stack: Stack,
    functions: Functions,
    { config, alarms }: { readonly config: Config; readonly alarms: Alarms },
  ) {
    const { egress } = config;
    const network =
      egress.via === 'nat-gateway' || egress.via === 'nat-instance'
        ? new FixedEgress(stack, 'Egress', { ...egress, own: ownAddressOf(egress), ports: portsOf(config) })
        : undefined;
    const proxy = egress.via === 'proxy' ? egress : undefined;
    this.egressAddress = network?.address ?? proxy?.address;
    this.schedules = new RefreshSchedules(stack, 'Schedules');
    const { group, role, deadLetters } = this.schedules;
    this.refresh = functions.add('credentials/refresh-credentials', {
      environment: {
        KEYRING_SCHEDULE_GROUP: group.scheduleGroupName,
        KEYRING_SCHEDULE_ROLE_ARN: role.roleArn,
        KEYRING_SCHEDULE_DLQ_ARN: deadLetters.queueArn,
        KEYRING_ALARM_TOPIC: alarms.topic.topicArn,
        KEYRING_PLACE: `--stage ${config.stage} --region ${stack.region}`,
        KEYRING_EGRESS_ADDRESS: this.egressAddress,
        KEYRING_EGRESS_PROXY: proxy?.url,
        KEYRING_EGRESS_PROXY_AUTH: proxy?.authenticate ? 'true' : undefined,
        KEYRING_SWEEP_STARTS: shareOf(config)?.toString(),
      },
      given: { schedules: this.schedules, alarms },
      onAsyncFailure: {
        destination: { bind: () => ({ destination: deadLetters.queueArn }) },
        retryAttempts: 1,
        maxEventAge,
      },
      reservedConcurrency: config.refreshConcurrency,
    });
    network?.attach(this.refresh);
    this.schedules.start(this.refresh);
    letInvokeItself(stack, 'RefreshInvokesItself', this.refresh);
    functions.addRest('credentials', 'usage');
  }
}

/** The configuration has both parts of it, or neither. */
function ownAddressOf({
  allocationId,
  address,
}: {
  allocationId?: string | undefined;
  address?: string | undefined;
}) {
  return allocationId === undefined || address === undefined ? undefined : { allocationId, address };
}

/** What the function that mints must reach: AWS, and WeChat where the configuration says that it is. */
function portsOf({ wechatApiUrl }: Config): number[] {
  const { port } = new URL(wechatApiUrl);
  return port === '' ? [443] : [443, Number(port)];
}
