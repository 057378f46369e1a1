import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Has a function called with each text message that one account gets. */
export class AnswerMessages extends Construct {
  constructor(scope: Construct, id: string, props: { bus: string; account: string; answer: IFunction }) {
    super(scope, id);
    new Rule(this, 'TextMessages', {
      eventBus: EventBus.fromEventBusName(this, 'Pushes', props.bus),
      eventPattern: {
        source: ['wechat-keyring'],
        detailType: ['text'],
        detail: { account: [props.account] },
      },
      targets: [
        new LambdaFunction(props.answer, {
          maxEventAge: Duration.hours(1),
          retryAttempts: 2,
          deadLetterQueue: new Queue(this, 'Unanswered', { enforceSSL: true }),
        }),
      ],
    });
  }
}
