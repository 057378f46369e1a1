/** Rejects with the error that `errorOf` makes, once the signal says that it is over. */
export function aborted(signal: AbortSignal, errorOf: () => Error): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(errorOf());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
