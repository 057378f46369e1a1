import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { isAwsError } from './aws-error.ts';
import { serviceBusy } from './errors.ts';
import {
  IndexMissingError,
  type Change,
  type Condition,
  type Item,
  type Key,
  type PageQuery,
  type Table,
} from './table.ts';

/** The waits between them are a second and a half at most. */
const batchAttempts = 6;
const batchWaitMs = 12.5;

/** The condition of a write did not hold. */
const unmet = 'ConditionalCheckFailedException';

const marshallOptions = { removeUndefinedValues: true };

/**
 * DynamoDB says it in a ValidationException, as it does all that is wrong with a request: of an index that there is not,
 * and of one that it is still filling.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
 */
function isIndexMissing(error: unknown): boolean {
  return (
    isAwsError(error, 'ValidationException') &&
    error instanceof Error &&
    /does not have the specified index|backfilling global secondary index/i.test(error.message)
  );
}

/** A {@link Table} of DynamoDB's. */
export class DynamoDbTable implements Table {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #name: string;

  constructor(client: Pick<DynamoDBClient, 'send'>, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async get(key: Key, attributes: readonly string[] = []): Promise<Item | undefined> {
    const projection = attributes.map((name) => `#${name}`).join(', ');
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#name,
        Key: marshall(key),
        ConsistentRead: true,
        ...(projection !== '' && { ProjectionExpression: projection, ...expressions([projection]) }),
      }),
    );
    return Item && unmarshall(Item);
  }

  /**
   * Of a table that is asked too much DynamoDB leaves some items out. They are asked for again a few times, after waits
   * as between the client's own attempts; then this throws.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
   */
  async getMany(keys: readonly Key[]): Promise<Item[]> {
    const items: Item[] = [];
    let wanted = keys.map((key) => marshall(key));
    for (let attempt = 1; wanted.length > 0; attempt += 1) {
      if (attempt > batchAttempts) throw serviceBusy('DynamoDB left items of a batch out, again and again.');
      if (attempt > 1) await sleep(Math.random() * batchWaitMs * 2 ** attempt);
      const { Responses, UnprocessedKeys } = await this.#client.send(
        new BatchGetItemCommand({ RequestItems: { [this.#name]: { Keys: wanted } } }),
      );
      for (const item of Responses?.[this.#name] ?? []) items.push(unmarshall(item));
      wanted = UnprocessedKeys?.[this.#name]?.Keys ?? [];
    }
    return items;
  }

  async query(attribute: string, value: string, limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const items: Item[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#name,
          KeyConditionExpression: '#p = :p',
          ExpressionAttributeNames: { '#p': attribute },
          ExpressionAttributeValues: marshall({ ':p': value }),
          ConsistentRead: true,
          ...(Number.isFinite(limit) && { Limit: limit - items.length }),
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of page.Items ?? []) items.push(unmarshall(item));
      from = page.LastEvaluatedKey;
    } while (from && items.length < limit);
    return items;
  }

  async queryPage({
    index,
    mayLag = index !== undefined,
    partition,
    sortKey,
    after,
    descending = false,
    limit,
  }: PageQuery): Promise<{ items: Item[]; end: boolean }> {
    const beyond = after === undefined ? '' : ` AND #s ${descending ? '<' : '>'} :s`;
    const command = new QueryCommand({
      TableName: this.#name,
      KeyConditionExpression: `#p = :p${beyond}`,
      ExpressionAttributeNames: {
        '#p': partition.attribute,
        ...(after !== undefined && { '#s': sortKey }),
      },
      ExpressionAttributeValues: marshall({
        ':p': partition.value,
        ...(after !== undefined && { ':s': after }),
      }),
      ScanIndexForward: !descending,
      Limit: limit,
      ...(!mayLag && { ConsistentRead: true }),
      ...(index !== undefined && { IndexName: index }),
    });
    const { Items = [], LastEvaluatedKey } = await this.#client.send(command).catch((cause: unknown) => {
      throw index !== undefined && isIndexMissing(cause) ? new IndexMissingError(index, { cause }) : cause;
    });
    return { items: Items.map((item) => unmarshall(item)), end: LastEvaluatedKey === undefined };
  }

  async scanPage(
    filter: Condition,
    attributes: readonly string[],
    after?: Key,
  ): Promise<{ items: Item[]; next: Item | undefined }> {
    const projection = attributes.map((name) => `#${name}`).join(', ');
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new ScanCommand({
        TableName: this.#name,
        FilterExpression: filter.expression,
        ProjectionExpression: projection,
        ...expressions([filter.expression, projection], filter.values),
        ...(after && { ExclusiveStartKey: marshall(after) }),
      }),
    );
    return {
      items: Items.map((item) => unmarshall(item)),
      next: LastEvaluatedKey && unmarshall(LastEvaluatedKey),
    };
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    return held(
      this.#client.send(
        new PutItemCommand({
          TableName: this.#name,
          Item: marshall(item, marshallOptions),
          ...(condition && expressions([condition.expression], condition.values)),
          ...(condition && { ConditionExpression: condition.expression }),
        }),
      ),
    );
  }

  async update(key: Key, change: Change): Promise<boolean> {
    return held(
      this.#client.send(new UpdateItemCommand({ TableName: this.#name, ...updateInput(key, change) })),
    );
  }

  async change(key: Key, change: Change, returned: 'before' | 'after'): Promise<Item | undefined> {
    try {
      const { Attributes } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#name,
          ...updateInput(key, change),
          ReturnValues: returned === 'after' ? 'ALL_NEW' : 'ALL_OLD',
        }),
      );
      return Attributes ? unmarshall(Attributes) : {};
    } catch (error) {
      if (isAwsError(error, unmet)) return undefined;
      throw error;
    }
  }

  async add(
    key: Key,
    increments: ReadonlyMap<string, number>,
    set: Readonly<Record<string, unknown>>,
  ): Promise<Item> {
    const names: Record<string, string> = {};
    const values: Record<string, unknown> = {};
    const additions = [...increments].map(([name, by], index) => {
      names[`#add_${index}`] = name;
      values[`:add_${index}`] = by;
      return `#add_${index} :add_${index}`;
    });
    const assignments = Object.entries(set).map(([name, value], index) => {
      names[`#set_${index}`] = name;
      values[`:set_${index}`] = value;
      return `#set_${index} = :set_${index}`;
    });
    const { Attributes } = await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#name,
        Key: marshall(key),
        UpdateExpression: `ADD ${additions.join(', ')} SET ${assignments.join(', ')}`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: marshall(values),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes ? unmarshall(Attributes) : {};
  }

  async delete(key: Key, condition?: Condition): Promise<boolean> {
    return held(
      this.#client.send(
        new DeleteItemCommand({
          TableName: this.#name,
          Key: marshall(key),
          ...(condition && expressions([condition.expression], condition.values)),
          ...(condition && { ConditionExpression: condition.expression }),
        }),
      ),
    );
  }
}

function updateInput(key: Key, { set = {}, setOnce = {}, add = {}, remove = [], condition }: Change) {
  const clauses = {
    SET: [
      ...namesOf(set).map((name) => `#${name} = :set_${name}`),
      ...namesOf(setOnce).map((name) => `#${name} = if_not_exists(#${name}, :set_${name})`),
    ],
    REMOVE: remove.map((name) => `#${name}`),
    ADD: namesOf(add).map((name) => `#${name} :add_${name}`),
  };
  const update = Object.entries(clauses)
    .filter(([, parts]) => parts.length > 0)
    .map(([clause, parts]) => `${clause} ${parts.join(', ')}`)
    .join(' ');
  const values = {
    ...condition?.values,
    ...valuesOf(set, 'set_'),
    ...valuesOf(setOnce, 'set_'),
    ...valuesOf(add, 'add_'),
  };
  return {
    Key: marshall(key),
    UpdateExpression: update,
    ...(condition && { ConditionExpression: condition.expression }),
    ...expressions([update, condition?.expression ?? ''], values),
  };
}

/** The attributes that are given a value. */
function namesOf(attributes: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(attributes).filter((name) => attributes[name] !== undefined);
}

function valuesOf(attributes: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  return Object.fromEntries(namesOf(attributes).map((name) => [`${prefix}${name}`, attributes[name]]));
}

/** The name and value maps that the given expressions refer to. */
function expressions(texts: readonly string[], values: Readonly<Record<string, unknown>> = {}) {
  const names = new Set(texts.flatMap((text) => text.match(/#\w+/g) ?? []));
  const colon = Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value]));
  return {
    ...(names.size > 0 && {
      ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])),
    }),
    ...(Object.keys(colon).length > 0 && { ExpressionAttributeValues: marshall(colon, marshallOptions) }),
  };
}

async function held(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isAwsError(error, unmet)) return false;
    throw error;
  }
}
