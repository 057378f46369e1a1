import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tables } from '../../functions/runtime.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';
import type { LocalDynamoDb, TableNames } from './dynamodb.ts';

/** What dynalite answers a request with that is handed to it in this process. */
export interface DirectAnswer {
  readonly status: number;
  readonly body: string;
}

/** dynalite's store, which only dynalite looks into. */
export type Store = object;

/** A fault as dynalite tells it. */
interface Fault {
  readonly statusCode: number;
  readonly body: unknown;
}

/** What dynalite does with a request once it has taken it from a connection. */
interface Steps {
  readonly checkTypes: (data: unknown, types: object) => object;
  readonly checkValidations: (data: object, types: object, custom: unknown, store: Store) => void;
}

interface Operation {
  readonly types: object;
  readonly custom: unknown;
  readonly act: (store: Store, data: object, done: (fault: unknown, answer: unknown) => void) => void;
}

/** How requests of this process are handed to dynalite's store: as its listener does, without the HTTP around it. */
export function operateOn(
  store: Store,
  ofDynalite: NodeJS.Require,
): (operation: string, body: string) => Promise<DirectAnswer> {
  const { checkTypes, checkValidations } = ofDynalite('./validations') as Steps;
  const known = new Map<string, Operation>();
  const operationOf = (operation: string): Operation => {
    const found = known.get(operation);
    if (found) return found;
    const file = operation.charAt(0).toLowerCase() + operation.slice(1);
    const about = ofDynalite(`./validations/${file}`) as Omit<Operation, 'act'>;
    const act = ofDynalite(`./actions/${file}`) as Operation['act'];
    const made = { types: about.types, custom: about.custom, act };
    known.set(operation, made);
    return made;
  };
  return async (operation, body) => {
    const { types, custom, act } = operationOf(operation);
    try {
      const data = checkTypes(JSON.parse(body), types);
      checkValidations(data, types, custom, store);
      const answer = await new Promise((resolve, reject) => {
        act(store, data, (fault, done) => {
          // Its faults are no errors, and are told as they are.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          if (fault) reject(fault);
          else resolve(done);
        });
      });
      return { status: 200, body: JSON.stringify(answer) };
    } catch (error) {
      if (!isFault(error)) throw error;
      return { status: error.statusCode, body: JSON.stringify(error.body) };
    }
  };
}

function isFault(error: unknown): error is Fault {
  return typeof error === 'object' && error !== null && 'statusCode' in error && 'body' in error;
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
  // A look at each value takes longer than all the rest.
  if (!body.includes('"B":')) return JSON.parse(body);
  return JSON.parse(body, (name, value: unknown) =>
    name === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value,
  );
}
