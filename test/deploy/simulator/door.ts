import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

/** The other function serves one request at a time and refuses what comes meanwhile: so it is asked again. */
const lambda = new LambdaClient({ maxAttempts: 40 });

/** Passes a request on to the simulator, of which there is one. */
export async function handler(event: unknown): Promise<unknown> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: process.env['WORLD'], Payload: JSON.stringify(event) }),
  );
  if (FunctionError !== undefined || Payload === undefined) throw new Error('The simulator failed.');
  return JSON.parse(Payload.transformToString()) as unknown;
}
