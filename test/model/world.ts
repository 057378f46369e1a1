/** Numbers in [0, 1) that a seed determines (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Event {
  readonly atMs: number;
  /** Orders events of the same millisecond, by chance. */
  readonly tie: number;
  readonly run: () => void;
}

/**
 * Virtual time. Whatever waits (a table's answer, a reply of WeChat, a sleep) is an event; between two events every
 * promise that can go on does, so the order of events is the order in which the workers interleave.
 */
export class World {
  #nowMs: number;
  readonly #heap: Event[] = [];
  readonly random: () => number;

  constructor(seed: number, startSeconds: number) {
    this.random = randomFrom(seed);
    this.#nowMs = startSeconds * 1000;
  }

  /** The true time, in milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** The true time, in whole Unix seconds. */
  get now(): number {
    return Math.floor(this.#nowMs / 1000);
  }

  /** A whole number of milliseconds from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), tie: this.random(), run };
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  after(ms: number, run: () => void): void {
    this.at(this.#nowMs + ms, run);
  }

  /** Lets time pass until then, with everything that happens on the way. */
  async runUntil(seconds: number): Promise<void> {
    const endMs = seconds * 1000;
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.atMs > endMs) break;
      this.#removeFirst();
      this.#nowMs = next.atMs;
      next.run();
      await promisesSettle();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Moves the clock forward; what was to happen on the way is dropped. */
  skipTo(seconds: number): void {
    this.#heap.length = 0;
    this.#nowMs = Math.max(this.#nowMs, seconds * 1000);
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (!left) break;
      const right = heap[child + 1];
      if (right && isBefore(right, left)) child += 1;
      const smaller = child === 2 * index + 1 ? left : right;
      if (!smaller || !isBefore(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.tie < other.tie);
}

/** All microtasks run before the next immediate. */
function promisesSettle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
