import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AnswerMessages } from '../../examples/answer-messages-rule.ts';

const eventsPage = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');

test('the rule in docs/events.md is that of the example, and the pattern is its pattern', () => {
  const source = readFileSync(new URL('../../examples/answer-messages-rule.ts', import.meta.url), 'utf8');
  expect(/```ts\n(.*?)```/s.exec(eventsPage)?.[1]).toBe(source);
  const stack = new Stack(undefined, 'Answers', { env: { account: '000000000000', region: 'us-east-1' } });
  const answer = new Function(stack, 'Answer', {
    code: Code.fromInline('//'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
  new AnswerMessages(stack, 'Messages', { bus: 'pushes', account: 'wx0123456789abcdef', answer });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'pushes',
    EventPattern: JSON.parse(/```json\n(.*?)```/s.exec(eventsPage)?.[1] ?? '') as object,
    Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })],
  });
  template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com' });
});
