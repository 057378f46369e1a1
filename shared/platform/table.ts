import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
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

export type Key = Readonly<Record<string, string>>;
export type Item = Record<string, unknown>;

/** A condition expression: `#name` stands for the attribute `name`, `:name` for `values.name`. */
export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface Change {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  readonly condition?: Condition;
}

const marshallOptions = { removeUndefinedValues: true };

/**
 * One DynamoDB table in plain values. Reads of single items and of partitions are strongly consistent. Writes
 * touch one item and say whether their condition held.
 */
export class Table {
  readonly #client: DynamoDBClient;
  readonly #name: string;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async get(key: Key): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#name, Key: marshall(key), ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  }

  /** The items that exist among up to 100 keys, in no order. */
  async getMany(keys: readonly Key[]): Promise<Item[]> {
    const items: Item[] = [];
    let wanted = keys.map((key) => marshall(key));
    while (wanted.length > 0) {
      const { Responses, UnprocessedKeys } = await this.#client.send(
        new BatchGetItemCommand({ RequestItems: { [this.#name]: { Keys: wanted } } }),
      );
      for (const item of Responses?.[this.#name] ?? []) items.push(unmarshall(item));
      wanted = UnprocessedKeys?.[this.#name]?.Keys ?? [];
    }
    return items;
  }

  /** The items of one partition, in sort-key order: all of them, or the first `limit`. */
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

  /**
   * One megabyte of the whole table: the items among it that meet the filter, with the given attributes, and the
   * key after which the next one begins. Eventually consistent, and paid for by what is read, not by what is found.
   */
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

  /** Writes a whole item. False when the condition did not hold. */
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

  /**
   * Changes attributes of one item, creating it where the condition allows. False when it did not hold.
   * Attributes whose value is undefined stay as they are.
   */
  async update(key: Key, { set = {}, remove = [], condition }: Change): Promise<boolean> {
    const given = Object.entries(set).filter(([, value]) => value !== undefined);
    const assignments = given.map(([name]) => `#${name} = :set_${name}`);
    const update = [
      assignments.length > 0 ? `SET ${assignments.join(', ')}` : '',
      remove.length > 0 ? `REMOVE ${remove.map((name) => `#${name}`).join(', ')}` : '',
    ].join(' ');
    const values: Record<string, unknown> = { ...condition?.values };
    for (const [name, value] of given) values[`set_${name}`] = value;
    return held(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#name,
          Key: marshall(key),
          UpdateExpression: update,
          ...(condition && { ConditionExpression: condition.expression }),
          ...expressions([update, condition?.expression ?? ''], values),
        }),
      ),
    );
  }

  /**
   * Adds to number attributes of one item, whatever their names, creating it where it is missing, and sets others.
   * Returns the whole item as it is then.
   */
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

  /** Deletes an item, whether or not it is there. False when the condition did not hold. */
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
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
