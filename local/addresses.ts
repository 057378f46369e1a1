import type { Entry } from '../functions/manifest.ts';

/** What the local stack and the tools that talk to it agree on. */

export const localRegion = 'us-east-1';
/** Stand-ins check no credentials, but the SDK signs only with some. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };
/** What the function of an entry is called, such as `admin/admin`. */
export function localFunctionName(entry: Entry): string {
  return entry.replace('/', '-');
}
export const localAdminFunction = localFunctionName('admin/admin');
/** Answers where the simulator of the local stack is, or `null` where the stack talks to WeChat itself. */
export const localSimulatorFunction = 'where-is-the-simulator';

type Environment = Readonly<Record<string, string | undefined>>;

/** The ports: the API's, the simulator's, that of the stand-ins for AWS, and the console's. Only loopback reaches the last two. */
export function localPorts(environment: Environment): {
  api: number;
  simulator: number;
  aws: number;
  console: number;
} {
  return {
    api: port(environment, 'PORT', 8787),
    simulator: port(environment, 'SIM_PORT', 8788),
    aws: port(environment, 'AWS_PORT', 8789),
    console: port(environment, 'CONSOLE_PORT', 8790),
  };
}

export function localAwsUrl(environment: Environment): string {
  return `http://127.0.0.1:${localPorts(environment).aws}`;
}

function port(environment: Environment, name: string, usual: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new Error(`${name} must be a port number from 0 to 65535, not ${JSON.stringify(text)}.`);
  }
  return value;
}
