import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { followerIndexAttributes, followerIndexes } from '../../shared/followers/mirror/follower-item.ts';
import { operateOn, type DirectAnswer, type Store } from './dynamodb-direct.ts';
import { rememberExpressions, type ExpressionParser } from './dynamodb-expressions.ts';
import { close, listen, refusal } from './http.ts';

export interface LocalDynamoDb {
  /** What to give the DynamoDB client as `endpoint`. */
  readonly url: string;
  /** Has it do an operation, such as `GetItem`, in this process. The body is the JSON that a request has. */
  call(operation: string, body: string): Promise<DirectAnswer>;
  close(): Promise<void>;
}

/** The names under which the three tables are made. */
export interface TableNames {
  readonly credentials: string;
  readonly users: string;
  readonly followers: string;
}

/**
 * Starts an embedded DynamoDB (dynalite) on the loopback address. It keeps its data in the folder `dataDir`,
 * which is made where it is missing, or in memory without one. It has no time to live: what has expired stays.
 *
 * Throws an Error that says so when another process has the folder open, or it cannot be opened for another reason.
 *
 * @see https://github.com/architect/dynalite
 */
export async function startDynamoDb({ dataDir }: { dataDir?: string } = {}): Promise<LocalDynamoDb> {
  if (dataDir !== undefined) await requireFree(dataDir);
  closeIteratorsOfStores();
  rememberAllExpressions();
  const { server, store } = withItsStore(() =>
    dynalite({
      ...(dataDir !== undefined && { path: dataDir }),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
    }),
  );
  const working = behindOurs(server, operateOn(store, requireOfDynalite()));
  const url = await listen(server);
  await storeIsOpen(url);
  return {
    url,
    call: working.call,
    close: async () => {
      await working.end();
      await close(server);
    },
  };
}

/**
 * Puts dynalite's own listener behind one of ours, since it lets every web page in (it answers CORS preflights).
 * Returns how to hand it requests of this process, and how to have no more of any, and wait for those that dynalite
 * works on: what it does once its store is closed throws an error that nobody can catch, even where the caller has gone
 * away.
 */
function behindOurs(
  server: Server,
  operate: LocalDynamoDb['call'],
): Pick<LocalDynamoDb, 'call'> & { end: () => Promise<void> } {
  const serve = server.listeners('request') as Listener[];
  const underWay = new Set<Promise<unknown>>();
  let isEnding = false;
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const refused = refusal(request);
    if (refused !== undefined) {
      response.writeHead(403, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: 'AccessDeniedException', message: refused }));
      return;
    }
    if (isEnding) {
      request.destroy();
      return;
    }
    // dynalite begins when it has the whole request, and ends by ending the response.
    request.once('end', () => underWay.add(ended));
    const ended = endOf(response).then(() => void underWay.delete(ended));
    for (const listener of serve) listener(request, response);
    // dynalite throws what a connection that breaks off reports, which would end the process.
    request.removeAllListeners('error');
    request.on('error', () => undefined);
  });
  return {
    call: async (operation, body) => {
      if (isEnding) throw new Error('The embedded DynamoDB is closed.');
      const answered = operate(operation, body);
      const ended = answered.catch(() => undefined).then(() => void underWay.delete(ended));
      underWay.add(ended);
      return answered;
    },
    end: async () => {
      isEnding = true;
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** Waits until somebody ends the response; its events tell only when it was sent, or its connection broke off. */
function endOf(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = response.end.bind(response);
    response.end = ((...given: Parameters<typeof end>) => {
      resolve();
      return end(...given);
    }) as typeof end;
  });
}

/** dynalite listens before its store is open, and so before the folder is locked. Any call waits for the store. */
async function storeIsOpen(url: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.DescribeTable',
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=0',
      connection: 'close',
    },
    body: '{"TableName":"none"}',
  });
  await answer.arrayBuffer();
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** dynalite keeps to itself the store that its server works on, and has it made by a module of its own. */
function withItsStore(make: () => Server): { readonly server: Server; readonly store: Store } {
  const maker = requireOfDynalite()('./db') as { create: (...given: unknown[]) => Store };
  const { create } = maker;
  let store: Store | undefined;
  maker.create = (...given) => (store = create(...given));
  try {
    const server = make();
    if (store === undefined) throw new Error('dynalite has made no store.');
    return { server, store };
  } finally {
    maker.create = create;
  }
}

/** Requires packages as dynalite does. */
function requireOfDynalite(): NodeJS.Require {
  return createRequire(createRequire(import.meta.url).resolve('dynalite'));
}

/**
 * dynalite ends its reads by calling `return` on the store's iterators, where they have one. They have `close`, so all
 * of them would stay open, each with what was in the store when it began.
 */
function closeIteratorsOfStores(): void {
  const store = createRequire(requireOfDynalite().resolve('memory-level'))('abstract-level') as {
    AbstractIterator: { prototype: object };
  };
  const iterator = Object.getPrototypeOf(store.AbstractIterator.prototype) as {
    close: () => Promise<void>;
    return?: () => Promise<void>;
  };
  iterator.return ??= function () {
    return this.close();
  };
}

function rememberAllExpressions(): void {
  for (const kind of ['conditionParser', 'updateParser', 'projectionParser']) {
    rememberExpressions(requireOfDynalite()(`./db/${kind}`) as ExpressionParser);
  }
}

/** dynalite never reports that its folder cannot be opened: calls hang. So it is tried beforehand. */
async function requireFree(dataDir: string): Promise<void> {
  const { Level } = requireOfDynalite()('level') as {
    Level: new (path: string) => { open(): Promise<void>; close(): Promise<void> };
  };
  const level = new Level(dataDir);
  try {
    await level.open();
  } catch (error) {
    const { code, message } = (error as { cause?: { code?: string; message?: string } }).cause ?? {};
    const sentence =
      code === 'LEVEL_LOCKED'
        ? `Another local stack is using ${dataDir}. Stop it, or choose another folder.`
        : `The tables in ${dataDir} cannot be opened: ${message ?? String(error)}.`;
    throw new Error(sentence, { cause: error });
  }
  await level.close();
}

/** The keys of a table, which are texts, and its global secondary indexes. */
export interface TableSchema {
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly indexes: Readonly<
    Record<string, { readonly partitionKey: string; readonly sortKey: string; readonly sortType: 'S' | 'N' }>
  >;
  /** What the indexes hold beside keys. */
  readonly indexAttributes: readonly string[];
}

const noIndexes = { indexes: {}, indexAttributes: [] };

export const tableSchemas: Readonly<Record<keyof TableNames, TableSchema>> = {
  credentials: { partitionKey: 'appId', sortKey: 'kind', ...noIndexes },
  users: { partitionKey: 'pk', sortKey: 'sk', ...noIndexes },
  followers: {
    partitionKey: 'shard',
    sortKey: 'openid',
    indexes: followerIndexes,
    indexAttributes: followerIndexAttributes,
  },
};

/** Makes the tables that are missing, and waits until they can be used. */
export async function createTables(client: DynamoDBClient, names: TableNames): Promise<void> {
  await Promise.all([
    createTable(client, names.credentials, tableSchemas.credentials),
    createTable(client, names.users, tableSchemas.users),
    createTable(client, names.followers, tableSchemas.followers),
  ]);
}

async function createTable(
  client: DynamoDBClient,
  name: string,
  { partitionKey: hash, sortKey: range, indexes, indexAttributes }: TableSchema,
): Promise<void> {
  const keys = new Map<string, 'S' | 'N'>([
    [hash, 'S'],
    [range, 'S'],
  ]);
  const keySchema = (partitionKey: string, sortKey: string) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
  const GlobalSecondaryIndexes = Object.entries(indexes).map(([IndexName, index]) => {
    const { partitionKey, sortKey, sortType } = index;
    keys.set(partitionKey, 'S').set(sortKey, sortType);
    return {
      IndexName,
      KeySchema: keySchema(partitionKey, sortKey),
      Projection: {
        ProjectionType: 'INCLUDE' as const,
        NonKeyAttributes: indexAttributes.filter((name) => name !== sortKey),
      },
    };
  });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [...keys].map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
        KeySchema: keySchema(hash, range),
        ...(GlobalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  // The SDK's own waiter pauses for seconds; this table is ready within a few round trips.
  for (let attempt = 0; attempt < 100; attempt++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    if (Table?.TableStatus === 'ACTIVE') return;
  }
  throw new Error(`The table ${name} did not become active.`);
}
