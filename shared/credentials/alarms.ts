import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Account } from '../accounts/accounts.ts';
import { beijingTimeFrom } from '../platform/beijing-time.ts';
import { programs } from '../platform/programs.ts';
import { alarmInChinese } from './chinese.ts';
import { describeStanding, standingOf, type Standing } from './credential-state.ts';
import type { CredentialKind, CredentialState, Failure } from './credential.ts';

/** Tells a person that an account needs one. */
export interface Alarms {
  /** `left` is the credential as it is after the failure. `signal` ends the call. */
  raise(account: Account, failure: Failure, left: CredentialState, signal: AbortSignal): Promise<void>;
}

/** Where alarms come from. */
interface AlarmSource {
  readonly publicUrl: string;
  readonly place?: string | undefined;
}

const names = {
  access_token: 'access token',
  jsapi_ticket: 'JS-SDK ticket',
  wx_card_ticket: 'card ticket',
} satisfies Record<CredentialKind, string>;

/**
 * Publishes to the deployment's SNS topic, to which its operators subscribe, about one kind of credential. `publicUrl`
 * tells them which deployment it is. `place` holds the options with which the command line reaches it, such as
 * `--stage staging`: without them the command would act on another.
 */
export function snsAlarms(
  client: SNSClient,
  { topicArn, publicUrl, place, kind }: AlarmSource & { topicArn: string; kind: CredentialKind },
): Alarms {
  return {
    async raise(account, failure, left, signal) {
      const standing = standingOf(left, failure.at);
      const subject = `WeChat Keyring: ${account.appId} ${inSubject[standing.state]} (${failure.code})`;
      const command = [programs.keyring, 'refresh', account.appId, place].filter(Boolean).join(' ');
      const about = { kind, account, failure, standing, publicUrl, command };
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subject.slice(0, 100),
          Message: [alarmText(about), alarmInChinese(about)].join(`\n\n${'—'.repeat(20)}\n\n`),
        }),
        { abortSignal: signal },
      );
    },
  };
}

/** SNS takes ASCII alone. */
const inSubject = {
  ok: 'needs you',
  waiting: 'needs you',
  degraded: 'refresh failing',
  down: 'down',
} satisfies Record<Standing['state'], string>;

/** What happened, whether users notice, what to do, and what happens until then. */
function alarmText(about: {
  kind: CredentialKind;
  account: Account;
  failure: Failure;
  standing: Standing;
  publicUrl: string;
  command: string;
}): string {
  const { kind, account, failure, standing, publicUrl, command } = about;
  const { at, code, message, advice, retryAt } = failure;
  const words = describeStanding(standing, kind === 'access_token' ? 'token' : 'ticket', at);
  const noticed = standing.state === 'down' ? 'Users notice it.' : 'Users notice nothing until then.';
  return [
    `The ${names[kind]} of ${account.name} (${account.appId}) at ${publicUrl} could not be refreshed.`,
    `Now: ${words}. ${noticed}`,
    `${code}: ${message}`,
    `What to do: ${advice}`,
    `It is tried again by itself at ${beijingTimeFrom(retryAt, at)}. Once you have acted, run: ${command}`,
  ].join('\n\n');
}
