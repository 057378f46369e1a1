/** The control calls of the simulator that the page makes, as docs/simulator.md has them. */
const calls = new Set([
  'POST /clock',
  'PATCH /accounts',
  'POST /users',
  'POST /faults',
  'DELETE /faults',
  'POST /revoke',
]);

/** Time that is moved on by a day has all that is due meanwhile run first: syncs, refreshes, pushes. */
const usualDeadlineMs = 120_000;

/** Makes a control call. Returns its answer, or `undefined` where there is no such call. Throws when nobody answers in time. */
export async function callSimulator(
  url: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: string },
  deadlineMs = usualDeadlineMs,
): Promise<{ readonly status: number; readonly body: string } | undefined> {
  if (!calls.has(`${method} ${path}`)) return undefined;
  const answer = await fetch(`${url}/_sim${path}`, {
    method,
    ...(body !== '' && { body }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  return { status: answer.status, body: await answer.text() };
}
