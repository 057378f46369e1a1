/** The control calls of the simulator that the page makes, as docs/simulator.md has them. */
const calls = new Set([
  'POST /clock',
  'PATCH /accounts',
  'POST /users',
  'POST /faults',
  'DELETE /faults',
  'POST /revoke',
]);

/** Whether the simulator answers there. The local stack has none where it talks to WeChat itself. */
export async function isSimulator(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_sim/clock`)).ok;
  } catch {
    return false;
  }
}

/** Makes a control call. Returns its answer, or `undefined` where there is no such call. Throws when nobody answers. */
export async function callSimulator(
  url: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: string },
): Promise<{ readonly status: number; readonly body: string } | undefined> {
  if (!calls.has(`${method} ${path}`)) return undefined;
  const answer = await fetch(`${url}/_sim${path}`, { method, ...(body !== '' && { body }) });
  return { status: answer.status, body: await answer.text() };
}
