import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { said, say } from './language.ts';
import {
  localAdminFunction,
  localAwsUrl,
  localCredentials,
  localRegion,
  localSimulatorFunction,
} from '../local/addresses.ts';

/** Where the service runs: a stage in the AWS account of the caller's credentials, or the local stack. */
export type Where = { readonly stage: string; readonly region: string | undefined } | 'local';

/** One command line talks to one stack, many times where it goes through pages or serves the console. */
let found: { readonly lambda: LambdaClient; readonly functionName: string } | undefined;

/** Sends a command to the admin function and returns what it answers, unparsed. Throws an Error. */
export async function sendCommand(where: Where, command: object): Promise<unknown> {
  // What was not found is looked for once more: whoever serves the console gets new credentials meanwhile.
  found ??= where === 'local' ? localAdmin() : await deployedAdmin(where);
  const { lambda, functionName } = found;
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(command) }),
  );
  if (answer.FunctionError !== undefined) throw new Error(said('The admin function failed; see its log.'));
  return JSON.parse(answer.Payload?.transformToString() ?? 'null');
}

/** Where the service runs, for people, in a sentence. */
export async function describeWhere(where: Where): Promise<string> {
  if (where === 'local') return say`The local stack at ${localAwsUrl(process.env)}.`;
  return say`Stage ${where.stage} in ${where.region ?? (await configuredRegion())}.`;
}

/** The region of the AWS configuration of whoever runs this. */
async function configuredRegion(): Promise<string> {
  try {
    return await new CloudFormationClient().config.region();
  } catch {
    return said('no region: your AWS configuration names none');
  }
}

/** For so long the local stack is waited for before its console opens without the controls of the simulator. */
const simulatorPatienceMs = 5000;

/** Where the simulator of the local stack is; `undefined` where there is none, or the stack does not say in time. */
export async function findSimulator(deadlineMs = simulatorPatienceMs): Promise<string | undefined> {
  try {
    const { Payload } = await localLambda().send(
      new InvokeCommand({ FunctionName: localSimulatorFunction }),
      { abortSignal: AbortSignal.timeout(deadlineMs) },
    );
    const address: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
    return typeof address === 'string' ? address : undefined;
  } catch {
    return undefined;
  }
}

function localAdmin() {
  return { lambda: localLambda(), functionName: localAdminFunction };
}

function localLambda(): LambdaClient {
  return new LambdaClient({
    endpoint: localAwsUrl(process.env),
    region: localRegion,
    credentials: localCredentials,
    maxAttempts: 1,
  });
}

async function deployedAdmin({ stage, region }: Exclude<Where, 'local'>) {
  const config = region === undefined ? {} : { region };
  const stackName = `wechat-keyring-${stage}`;
  const { Stacks } = await new CloudFormationClient(config).send(
    new DescribeStacksCommand({ StackName: stackName }),
  );
  const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'AdminFunctionName');
  if (output?.OutputValue === undefined)
    throw new Error(say`The stack ${stackName} has no output AdminFunctionName.`);
  return { lambda: new LambdaClient(config), functionName: output.OutputValue };
}
