import { once } from 'node:events';
import { createServer } from 'node:http';
import { ConfirmSubscriptionCommand, SubscribeCommand, type SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod/mini';

import { until } from './steps.ts';

const notificationSchema = z.object({
  Type: z.string(),
  Message: z.optional(z.string()),
  Token: z.optional(z.string()),
});

/** What somebody who has subscribed to the alarms gets. */
export interface Subscriber {
  /** The messages so far. */
  readonly messages: readonly string[];
  close(): Promise<void>;
}

/** Listens as a monitoring system does that takes alarms over HTTP. */
export async function startSubscriber(sns: SNSClient, TopicArn: string): Promise<Subscriber> {
  const messages: string[] = [];
  let token: string | undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      response.end();
      const { Type, Message, Token } = z.parse(notificationSchema, JSON.parse(body));
      if (Type === 'SubscriptionConfirmation') token = Token;
      else if (Message !== undefined) messages.push(Message);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const subscriber = {
    messages,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
    const Endpoint = `http://127.0.0.1:${address.port}/`;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint }));
    const Token = await until('the request to confirm', () => token);
    await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
    return subscriber;
  } catch (error) {
    await subscriber.close();
    throw error;
  }
}
