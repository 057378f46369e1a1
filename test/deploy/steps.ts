import { setTimeout as wait } from 'node:timers/promises';

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says what is done, does it, and says how long it took. */
export async function step<T>(name: string, what: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    const result = await what();
    say(`ok  ${secondsSince(began).padStart(5)} s  ${name}`);
    return result;
  } catch (error) {
    say(`NOT ${secondsSince(began).padStart(5)} s  ${name}`);
    throw error;
  }
}

export function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}

export function secondsUntil(at: number): number {
  return at - Date.now() / 1000;
}

/** Seconds that only a hang takes: how long something needs on a busy machine says nothing. */
export const hangSeconds = 300;

/** Tries until something other than `undefined` comes. Throws, saying `what`, when that hangs. */
export async function until<T>(what: string, attempt: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + hangSeconds * 1000;
  for (;;) {
    const result = await attempt();
    if (result !== undefined && result !== null) return result;
    if (performance.now() > deadline) throw new Error(`Waited ${hangSeconds} s in vain for ${what}.`);
    await wait(500);
  }
}
