import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tables } from '../../functions/runtime.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';
import type { LocalDynamoDb, TableNames } from './dynamodb.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** What dynalite answers a request with that is handed to it in this process. */
export interface DirectAnswer {
  readonly status: number;
  readonly body: string;
}

/** What dynalite looks for in a request before it reads the body; it does not check the signature. */
const headers = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=0',
};

/** Hands a request to dynalite's listeners as if it had come over a connection. */
export function handOver(
  listeners: readonly Listener[],
  operation: string,
  body: string,
): Promise<DirectAnswer> {
  return new Promise((resolve) => {
    const request = Object.assign(new EventEmitter(), {
      method: 'POST',
      url: '/',
      headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${operation}` },
    });
    const response = {
      statusCode: 200,
      setHeader: () => undefined,
      end: (text: string) => {
        resolve({ status: response.statusCode, body: text });
      },
    };
    for (const listener of listeners) {
      listener(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    }
    request.emit('data', Buffer.from(body));
    request.emit('end');
  });
}

/** A command of the AWS SDK, as far as it says what is asked for. */
interface Command {
  readonly input: object;
  readonly constructor: { readonly name: string };
}

/**
 * The tables of the service in an embedded DynamoDB of this process. Requests are those that go to AWS, and so are the
 * answers; between them are no connection, no signature and none of the SDK's layers, which is most of the time that a
 * request takes here.
 */
export function directTables({ call }: Pick<LocalDynamoDb, 'call'>, names: TableNames): Tables {
  const send = async ({ constructor, input }: Command): Promise<unknown> => {
    const { status, body } = await call(constructor.name.replace(/Command$/, ''), toJson(input));
    // The database answers without waiting for anything outside, and others want to have their turn, too.
    await nextTurn();
    const answer = fromJson(body);
    if (status === 200) return answer;
    const { __type: type = '', message } = answer as { __type?: string; message?: string };
    throw Object.assign(new Error(message ?? type), { name: type.slice(type.indexOf('#') + 1) });
  };
  // The SDK declares it for each command.
  const client = { send: send as DynamoDBClient['send'] };
  return {
    credentials: new DynamoDbTable(client, names.credentials),
    users: new DynamoDbTable(client, names.users),
    followers: new DynamoDbTable(client, names.followers),
  };
}

/** As the SDK writes it: binary values in Base64. */
function toJson(input: object): string {
  return JSON.stringify(input, function (this: Record<string, unknown>, name: string, value: unknown) {
    // A Buffer is not what `value` is any more.
    const given = this[name];
    return given instanceof Uint8Array ? Buffer.from(given).toString('base64') : value;
  });
}

/** As the SDK reads it: a text under `B` is a binary value, since attributes of that name hold objects. */
function fromJson(body: string): unknown {
  return JSON.parse(body, (name, value: unknown) =>
    name === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value,
  );
}
