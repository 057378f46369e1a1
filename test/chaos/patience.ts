/** So long that only a hang meets it: how long something takes says nothing on a busy machine. */
export const hangMs = 180_000;

/** Looks again and again, in real time, until `condition` holds. Throws, saying `what`, when that hangs. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  meanwhile: () => Promise<unknown> = () => pause(5),
): Promise<void> {
  const givesUpAt = Date.now() + hangMs;
  while (!(await condition())) {
    if (Date.now() > givesUpAt) throw new Error(`Waited ${hangMs / 1000} s in vain until ${what}.`);
    await meanwhile();
  }
}

/** Real time, for something to do in the meantime; nothing may depend on how much of it gets done. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
