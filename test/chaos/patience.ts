/** So long that only a hang meets it: how long something takes says nothing on a busy machine. */
export const hangMs = 180_000;

/**
 * Looks again and again, in real time, until `condition` holds. Throws, saying `what` and how things stand, when that
 * hangs.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  meanwhile: () => Promise<unknown> = () => pause(5),
  howThingsStand: () => Promise<object> = () => Promise.resolve({}),
): Promise<void> {
  const givesUpAt = Date.now() + hangMs;
  while (!(await condition())) {
    if (Date.now() > givesUpAt) {
      const state = JSON.stringify(await howThingsStand());
      throw new Error(`Waited ${hangMs / 1000} s in vain until ${what}. ${state}`);
    }
    await meanwhile();
  }
}

/** Real time, for something to do in the meantime; nothing may depend on how much of it gets done. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
