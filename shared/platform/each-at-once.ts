/**
 * Does something for each, for up to `most` of them at once, in their order. Rejects with the first failure; what is
 * under way then goes on by itself.
 */
export async function eachAtOnce<T>(
  all: readonly T[],
  most: number,
  act: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = all.values();
  const worker = async () => {
    for (const one of waiting) await act(one);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, worker));
}
