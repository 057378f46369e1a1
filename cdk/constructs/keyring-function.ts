import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What differs between the Lambdas. */
export interface KeyringFunctionProps {
  /** The source, as a path below `functions/` without its ending. It exports `handler`. */
  readonly entry: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the function may do, apart from writing to its own log group. */
  readonly statements: readonly PolicyStatement[];
  /** @default 'arm64' */
  readonly architecture?: 'arm64' | 'x86_64';
  /** @default 29 seconds, the longest that the HTTP API waits */
  readonly timeout?: Duration;
  /** MiB. @default 512 */
  readonly memorySize?: number;
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
 * Defaults: Node.js 24 on arm64; 512 MiB; 29 seconds; JSON logs in a log group of its own, kept for a month;
 * a role of its own that holds the given statements and nothing else; no reserved concurrency; no X-Ray.
 * The source is bundled by the esbuild of this package (no Docker) as one minified ES module that has the AWS
 * SDK inside: smaller and quicker to load than the copy that the runtime carries, and pinned.
 */
export class KeyringFunction extends Construct {
  readonly fn: NodejsFunction;

  constructor(scope: Construct, id: string, props: KeyringFunctionProps) {
    super(scope, id);

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

    this.fn = new NodejsFunction(this, 'Function', {
      entry: `${root}functions/${props.entry}.ts`,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      handler: 'handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture === 'x86_64' ? Architecture.X86_64 : Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout ?? Duration.seconds(29),
      environment: { ...props.environment },
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      awsSdkConnectionReuse: false,
      ...(props.onAsyncFailure && {
        onFailure: props.onAsyncFailure.destination,
        retryAttempts: props.onAsyncFailure.retryAttempts,
        maxEventAge: props.onAsyncFailure.maxEventAge,
      }),
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        bundleAwsSDK: true,
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        logLevel: LogLevel.WARNING,
        // Some dependencies are CommonJS inside and ask for `require`, which an ES module does not have.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
    });
  }
}
