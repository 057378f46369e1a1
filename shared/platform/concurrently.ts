/**
 * Does something for each, for up to `max` of them at once, in their order. Rejects with the first failure; no
 * other is begun then, and what is under way goes on by itself.
 */
export async function concurrently<T>(
  all: readonly T[],
  max: number,
  act: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = all.values();
  let failed = false;
  const worker = async () => {
    for (const one of waiting) {
      if (failed) return;
      await act(one).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(max, all.length) }, worker));
}
