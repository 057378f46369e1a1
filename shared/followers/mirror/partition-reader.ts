import * as z from 'zod/mini';
import { followerItemSchema, type FollowerItem } from './follower-item.ts';

/** DynamoDB reads a megabyte at once: some 2,500 people. */
const maxPerQuery = 2500;
const minPerQuery = 16;

/** What is read, from where on. */
export interface Partition {
  readonly after: string | undefined;
  /** How many people are probably wanted. */
  readonly expected: number;
  read(after: string | undefined, limit: number): Promise<{ items: readonly unknown[]; end: boolean }>;
  positionOf(person: FollowerItem): string;
}

/** Reads one partition bit by bit: first about as many people as are wanted, then ever more. */
export class PartitionReader {
  readonly #partition: Partition;
  #waiting: readonly FollowerItem[] = [];
  #taken = 0;
  #after: string | undefined;
  #limit: number;
  #end = false;

  constructor(partition: Partition) {
    this.#partition = partition;
    this.#after = partition.after;
    this.#limit = partition.expected;
  }

  /** Whether the next person, if there is one, is still to be read. */
  get empty(): boolean {
    return this.#taken === this.#waiting.length && !this.#end;
  }

  /** Where the next person stands. Undefined when there is none at hand. */
  get place(): string | undefined {
    const person = this.#waiting[this.#taken];
    return person && this.#partition.positionOf(person);
  }

  /** Reads on until the next person is at hand, or the end is reached. */
  async fill(): Promise<void> {
    while (this.empty) {
      const limit = Math.min(maxPerQuery, Math.max(minPerQuery, Math.ceil(this.#limit)));
      const { items, end } = await this.#partition.read(this.#after, limit);
      this.#waiting = items.map((item) => z.parse(followerItemSchema, item));
      this.#taken = 0;
      this.#end = end;
      this.#limit = limit * 2;
      const last = this.#waiting.at(-1);
      if (last) this.#after = this.#partition.positionOf(last);
    }
  }

  /** The next person. Undefined at the end. */
  take(): FollowerItem | undefined {
    const person = this.#waiting[this.#taken];
    if (person) this.#taken += 1;
    return person;
  }
}
