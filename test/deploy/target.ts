import { Agent, type RequestOptions } from 'node:https';

import { onlyNeeded } from './children.ts';
import type { Emulator } from './emulator.ts';

/** How a request is sent. */
export type Way = Omit<RequestOptions, 'headers'> & { readonly headers: Readonly<Record<string, string>> };

/** Where a deployment is tried: an emulator of AWS, or an AWS account. */
export interface Target {
  readonly stage: string;
  /** As `cdk bootstrap` takes it. */
  readonly environment: string;
  /** What every AWS client of this process is made with. */
  readonly clientConfig: {
    readonly region: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly endpoint?: string;
    readonly requestHandler?: { readonly httpsAgent: Agent };
  };
  /** What the commands are run with, whose own files stand in `folder`. */
  readonly variables: (folder: string) => Readonly<Record<string, string>>;
  /** How a path at the host of an API is reached; without a host, a path of the emulator itself. */
  readonly api: (host: string, path: string) => Way;
  close(): void;
}

const region = 'us-east-1';
/** The emulator's one account, and the key that it takes for that account's root. */
const account = '000000000000';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The emulator. */
export function emulatorTarget({ url, port, certificate, certificateFile }: Emulator): Target {
  const agent = new Agent({ ca: certificate, keepAlive: true });
  return {
    stage: 'prod',
    environment: `aws://${account}/${region}`,
    clientConfig: { region, credentials, endpoint: url, requestHandler: { httpsAgent: agent } },
    variables: (folder) => ({
      ...onlyNeeded(),
      // Not the caller's: no AWS profile is found there.
      HOME: folder,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      // The CDK takes the one, and Node the other.
      AWS_CA_BUNDLE: certificateFile,
      NODE_EXTRA_CA_CERTS: certificateFile,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    }),
    // The emulator tells the APIs apart by the Host header. It takes `/health` of any host for itself; that one goes by
    // its other address for APIs.
    api: (host, path) => {
      const isHealth = path === '/health';
      return {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        agent,
        path: isHealth ? `/_aws/execute-api/${host.split('.')[0] ?? ''}/$default${path}` : path,
        headers: isHealth || host === '' ? {} : { host },
      };
    },
    close: () => {
      agent.destroy();
    },
  };
}

/** An AWS account, by a profile of the caller's. Its stacks are apart from those of any other stage. */
export function profileTarget(profile: string, inRegion: string, stage: string): Target {
  const agent = new Agent({ keepAlive: true });
  // The clients of this process find the profile where those of a command line do.
  process.env['AWS_PROFILE'] = profile;
  return {
    stage,
    environment: `aws://unknown-account/${inRegion}`,
    clientConfig: { region: inRegion },
    variables: () => ({
      ...onlyNeeded(),
      ...Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) =>
          value !== undefined && /^(HOME$|AWS_|(HTTPS?|NO)_PROXY$|NODE_EXTRA_CA_CERTS$)/i.test(name)
            ? [[name, value]]
            : [],
        ),
      ),
      AWS_PROFILE: profile,
      AWS_REGION: inRegion,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    }),
    api: (host, path) => ({ host, path, agent, headers: {} }),
    close: () => {
      agent.destroy();
    },
  };
}
