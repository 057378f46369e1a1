import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { manifest, usual, type Entry } from '../../functions/manifest.ts';
import { bundleFolder } from '../bundle-folders.ts';
import { acknowledge } from './acknowledge.ts';

/** What differs between the Lambdas. */
export interface KeyringFunctionProps {
  /** The source, which exports `handler`. functions/manifest.ts says how long it may run and with how much memory. */
  readonly entry: Entry;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the function may do, apart from writing to its own log group. */
  readonly statements: readonly PolicyStatement[];
  /** @default 'arm64' */
  readonly architecture?: 'arm64' | 'x86_64';
  /** How many of it may run at once, and as many that no other function may take. @default no share of its own */
  readonly reservedConcurrency?: number | undefined;
  /** Whether X-Ray samples its runs. @default false */
  readonly tracing?: boolean;
  /** How a failed asynchronous call ends. @default Lambda's own: two retries, then it is forgotten */
  readonly onAsyncFailure?: {
    readonly destination: IDestination;
    readonly retryAttempts: number;
    readonly maxEventAge: Duration;
  };
}

/**
 * One Lambda.
 *
 * Defaults: Node.js 24 on arm64; JSON logs in a log group of its own, kept for a month;
 * a role of its own that holds the given statements and nothing else; no reserved concurrency; no X-Ray.
 * The code is one minified ES module, made by `bundle` with the esbuild of this package (no Docker).
 */
export class KeyringFunction extends Construct {
  readonly fn: Function;

  constructor(scope: Construct, id: string, props: KeyringFunctionProps) {
    super(scope, id);
    const { timeoutSeconds, memoryMiB } = { ...usual, ...manifest[props.entry] };

    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    for (const statement of props.statements) role.addToPolicy(statement);

    this.fn = new Function(this, 'Function', {
      // `cdk list` and the like need no code.
      code: Stack.of(this).bundlingRequired
        ? Code.fromAsset(bundleFolder(props.entry))
        : Code.fromInline('// not bundled'),
      handler: 'index.handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture === 'x86_64' ? Architecture.X86_64 : Architecture.ARM_64,
      memorySize: memoryMiB,
      timeout: Duration.seconds(timeoutSeconds),
      environment: { ...props.environment },
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      ...(props.tracing && { tracing: Tracing.ACTIVE }),
      // Requests may still be with the former version, or on their way to it. One that nobody has met may go.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
      ...(props.onAsyncFailure && {
        onFailure: props.onAsyncFailure.destination,
        retryAttempts: props.onAsyncFailure.retryAttempts,
        maxEventAge: props.onAsyncFailure.maxEventAge,
      }),
    });
    if (props.tracing) {
      acknowledge(
        role,
        'AwsSolutions-IAM5[Resource::*]',
        'Sending traces to X-Ray takes no narrower resource.',
      );
    }
  }
}
