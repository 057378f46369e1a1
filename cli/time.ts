/** A time in Unix seconds, for people. */
export function describeTime(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : new Date(seconds * 1000).toISOString();
}
