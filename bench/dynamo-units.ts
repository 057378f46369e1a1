import type { WorkerResult } from './followers-place.ts';

const kinds = { writes: /Put|Update|Delete|Write/, reads: /Get|Query|Scan/ };

/** The capacity units that a process has spent on writes, or on reads. */
export function units(worker: WorkerResult, kind: keyof typeof kinds): number {
  return sum(worker, kind, 'units');
}

/** The requests that it has made for them. */
export function requests(worker: WorkerResult, kind: keyof typeof kinds): number {
  return sum(worker, kind, 'requests');
}

function sum({ dynamo }: WorkerResult, kind: keyof typeof kinds, what: 'units' | 'requests'): number {
  return Object.entries(dynamo).reduce(
    (all, [name, spent]) => (kinds[kind].test(name) ? all + spent[what] : all),
    0,
  );
}
