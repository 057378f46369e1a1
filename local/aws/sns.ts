import { randomUUID } from 'node:crypto';
import { AwsError } from './service.ts';

/**
 * Amazon SNS, as far as publishing goes: a message is printed as one line. It speaks the AWS Query protocol: a form in,
 * XML out.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function publish(form: URLSearchParams, log: (line: string) => void): string {
  if (form.get('Action') !== 'Publish') {
    throw new AwsError('InvalidAction', 'Of SNS, only Publish is among the local services.');
  }
  const message = form.get('Message');
  if (!message || !form.get('TopicArn')) throw new AwsError('InvalidParameter', 'Give TopicArn and Message.');
  log(`Alarm: ${message.replace(/\s*\n\s*/g, ' ')}`);
  return `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`;
}
