/**
 * One start of a function, as Lambda starts it: told the module's address and the event in its arguments, it imports
 * and calls once, and prints milliseconds and bytes. Forked by coldstart.ts.
 */

export interface Start {
  readonly importMs: number;
  readonly answerMs: number;
  /** Memory that the process holds after the answer, in bytes. */
  readonly rss: number;
  readonly status: number;
}

const [, , address = '', event = '{}'] = process.argv;
const startedAt = performance.now();
const { handler } = (await import(address)) as {
  handler: (event: unknown, context: unknown) => Promise<{ statusCode: number }>;
};
const importedAt = performance.now();
const { statusCode } = await handler(JSON.parse(event), { awsRequestId: 'cold', functionName: 'cold' });
const answeredAt = performance.now();
const start: Start = {
  importMs: importedAt - startedAt,
  answerMs: answeredAt - importedAt,
  rss: process.memoryUsage.rss(),
  status: statusCode,
};
process.send?.(start);
process.disconnect();
// What the function keeps open, such as connections, does not keep this process.
process.exit();
