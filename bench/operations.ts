import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Counts what every DynamoDB client of this process sends. */
export function countOperations() {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- It is called with the client it belongs to.
  const { send } = DynamoDBClient.prototype;
  const counted = {
    reads: 0,
    writes: 0,
    reset() {
      counted.reads = 0;
      counted.writes = 0;
    },
    stop() {
      DynamoDBClient.prototype.send = send;
    },
  };
  DynamoDBClient.prototype.send = function (this: DynamoDBClient, ...given: unknown[]) {
    const [command] = given;
    if (/Put|Update|Delete|Write/.test(command?.constructor.name ?? '')) counted.writes += 1;
    else counted.reads += 1;
    return Reflect.apply(send, this, given) as never;
  };
  return counted;
}
