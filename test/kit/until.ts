import { setTimeout as wait } from 'node:timers/promises';

/** How often is looked before somebody gives up: a minute at least, which only a hang takes. */
const maxLooks = 6000;

/**
 * Waits until `look` gives something other than undefined or false, and returns it. For what happens by itself and
 * cannot be awaited. `what` is named in the error that ends a wait in vain.
 */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
): Promise<Found> {
  for (let looks = 0; looks < maxLooks; looks += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await wait(10);
  }
  throw new Error(`Waited in vain until ${what}.`);
}
