/** Steers a simulator: `control('faults', {path, kind, times})`. Its answer, parsed. */
export type Control = (
  what: string,
  body?: unknown,
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE',
) => Promise<unknown>;

/** The control calls of the simulator at that address. */
export function controlOf(simulator: string): Control {
  return async (what, body, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`${simulator}/_sim/${what}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
}

/** How often the simulator was called at a path since the start, or since `control('calls', undefined, 'DELETE')`. */
export async function callsTo(control: Control, path: string): Promise<number> {
  const calls = (await control('calls')) as Record<string, number>;
  return calls[path] ?? 0;
}
