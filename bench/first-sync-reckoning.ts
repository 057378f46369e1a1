import { daysTogether, openidsPerPage } from '../shared/followers/sync/calls.ts';
import { openidsPerMessage } from '../shared/followers/sync/details-queue.ts';
import { units } from './dynamo-units.ts';
import type { FirstSyncResult } from './first-sync.ts';

/** What the first sync of an account is reckoned to take on AWS, from one that was measured. */
export interface Reckoning {
  readonly size: number;
  readonly calls: { readonly list: number; readonly details: number };
  /** Days in China over which WeChat's quotas spread it: where `batchget` counts calls, and where it counts people. */
  readonly days: { readonly ofCalls: number; readonly ofPeople: number };
  readonly writes: { readonly table: number; readonly indexes: number };
  readonly reads: number;
  readonly dollars: { readonly dynamo: number; readonly lambda: number; readonly sqs: number };
}

/** Dollars in us-east-1: docs/costs.md. */
const prices = {
  write: 0.625 / 1e6,
  read: 0.125 / 1e6,
  gigabyteSecond: 0.0000133334,
  run: 0.2 / 1e6,
  message: 0.4 / 1e6,
};
/** A new place in the index by time when they are found, and another, with the end of that one, when it becomes known. */
const indexWritesEach = 3;
/** What WeChat usually allows in a day at `batchget`. It is not documented whether it counts calls or people. */
const usualDetailsADay = 500_000;

/** What is assumed, since the time of an embedded database tells nothing about AWS. */
const assumed = {
  secondsPerPage: 1,
  peopleComparedPerSecond: 1000,
  secondsPerMessage: 0.5,
  messagesAtOnce: 5,
  messagesPerRun: 10,
  /** A message is sent; it is received and deleted with nine others, and some receive nothing. */
  requestsPerMessage: 2,
  /** A sweep every 5 minutes has the details watched for so long. */
  watchedShare: 45 / 300,
  secondsPerRun: 780,
};
const gigabytes = { sync: 1769 / 1024, details: 512 / 1024 };

/** Reckons the first sync of an account with so many followers, who are as those that were measured. */
export function reckonFirstSync(measured: FirstSyncResult, size: number): Reckoning {
  const { share } = measured;
  const times = size / measured.size;
  const list = Math.ceil(size / openidsPerPage) + 1;
  const details = Math.ceil(size / openidsPerMessage);
  const daysOfList = Math.ceil(list / share.list);
  const writes = {
    table: (units(measured.sync, 'writes') + units(measured.details, 'writes')) * times,
    indexes: indexWritesEach * size,
  };
  const reads = (units(measured.sync, 'reads') + units(measured.details, 'reads')) * times;
  return {
    size,
    calls: { list, details },
    days: {
      ofCalls: daysTogether(daysOfList, Math.ceil(details / share.details)),
      ofPeople: daysTogether(daysOfList, Math.ceil(size / usualDetailsADay)),
    },
    writes,
    reads,
    dollars: {
      dynamo: (writes.table + writes.indexes) * prices.write + reads * prices.read,
      lambda: dollarsOfLambda(size, { list, messages: details }),
      sqs: details * assumed.requestsPerMessage * prices.message,
    },
  };
}

function dollarsOfLambda(size: number, { list, messages }: { list: number; messages: number }): number {
  const ofDetails = messages * assumed.secondsPerMessage;
  const ofSync =
    list * assumed.secondsPerPage +
    size / assumed.peopleComparedPerSecond +
    (ofDetails / assumed.messagesAtOnce) * assumed.watchedShare;
  const runs = messages / assumed.messagesPerRun + ofSync / assumed.secondsPerRun;
  const gigabyteSeconds = ofSync * gigabytes.sync + ofDetails * gigabytes.details;
  return gigabyteSeconds * prices.gigabyteSecond + runs * prices.run;
}
