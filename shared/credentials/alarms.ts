import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Account } from '../accounts/accounts.ts';
import type { CredentialKind, Failure } from './credential.ts';

/** Tells a person that an account needs one. */
export interface Alarms {
  raise(account: Account, failure: Failure): Promise<void>;
}

const names = {
  access_token: 'access token',
  jsapi_ticket: 'JS-SDK ticket',
  wx_card_ticket: 'card ticket',
} satisfies Record<CredentialKind, string>;

/** Publishes to the deployment's SNS topic, to which its operators subscribe, about one kind of credential. */
export function snsAlarms(client: SNSClient, topicArn: string, kind: CredentialKind): Alarms {
  return {
    async raise(account, failure) {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: `WeChat Keyring: ${account.account} needs you (${failure.code})`.slice(0, 100),
          Message: alarmText(names[kind], account, failure),
        }),
      );
    },
  };
}

/** What happened, what to do, and what happens until then. */
function alarmText(
  credential: string,
  { account, name }: Account,
  { code, message, advice, retryAt }: Failure,
): string {
  const again = new Date(retryAt * 1000).toISOString();
  return [
    `The ${credential} of ${name} (${account}) could not be refreshed.`,
    `${code}: ${message}`,
    `What to do: ${advice}`,
    `It is tried again by itself at ${again}. Once you have acted, run: npm run keyring -- refresh ${account}`,
  ].join('\n\n');
}
