/**
 * Whether an AWS service refused with an error of that name. By name, for bundles have no classes of the SDK's errors
 * (docs/adr/0006-size-and-start.md).
 */
export function isAwsError(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
