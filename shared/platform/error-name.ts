/** The name of an error, for logs and records: its message may quote what must not stand there. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
