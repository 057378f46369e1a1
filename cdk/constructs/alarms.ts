import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface AlarmsProps {
  /** Subscribed to the topic; AWS asks it for confirmation. @default nobody: subscribe later */
  readonly email?: string | undefined;
  /** Whether CloudWatch's alarms publish to the topic, too. */
  readonly fromCloudWatch: boolean;
}

/**
 * Where people are told that something needs them: refresh-credentials says which account, and CloudWatch's alarms say
 * what is wrong with the service.
 *
 * Defaults: an SNS topic, encrypted, TLS only. CloudWatch may not use the key that AWS manages for SNS, so with its
 * alarms the topic has a key of this account. That one goes with the stack: nothing that is kept is encrypted with it.
 *
 * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
 */
export class Alarms extends Construct {
  readonly topic: Topic;
  /** What a publisher has to be let use; `undefined` with the key that AWS manages, which lets all of the account. */
  readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.key = props.fromCloudWatch ? this.ownKey() : undefined;
    this.topic = new Topic(this, 'Topic', {
      displayName: 'WeChat Keyring',
      enforceSSL: true,
      masterKey: this.key ?? Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
    });
    if (props.fromCloudWatch) {
      this.topic.addToResourcePolicy(
        new PolicyStatement({
          principals: [cloudWatch],
          actions: ['sns:Publish'],
          resources: [this.topic.topicArn],
          conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
        }),
      );
    }
    if (props.email !== undefined) {
      acknowledge(
        this.topic.addSubscription(new EmailSubscription(props.email)),
        'Serverless-SNSRedrivePolicy',
        'SNS tries a mail for six hours. Nobody would look into a queue of those that got lost, and what they said is also in the log and in CloudWatch.',
      );
    }
  }

  private ownKey(): Key {
    const key = new Key(this, 'TopicKey', {
      description: 'Encrypts the alarms of WeChat Keyring on their way.',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Whose alarms may publish is for the topic's policy to say.
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    return key;
  }
}

const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
