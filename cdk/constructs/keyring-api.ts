import { Aws, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CfnAuthorizer,
  CfnIntegration,
  CfnStage,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  type HttpRoute,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Route } from '../../functions/route.ts';
import { acknowledge } from './acknowledge.ts';

/** How the API is reached, and by whom. */
export interface KeyringApiProps {
  /** Shown in the console. */
  readonly name: string;
  /** Exact origins that may call with the user's session. @default none: no answer carries CORS headers */
  readonly allowedOrigins?: readonly string[];
  /** @default the address that API Gateway gives out */
  readonly domain?: { readonly name: string; readonly certificateArn: string } | undefined;
  /** Requests a second to each route, of all callers together. A target, which API Gateway may miss. @default 100 */
  readonly throttleRate?: number;
  /** Requests at once, likewise. @default 200 */
  readonly throttleBurst?: number;
}

/**
 * What is logged of a request. Neither the query nor the path as sent: codes and states travel in the one,
 * openids in the other.
 */
const accessLog = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatencyMs: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
  authorizerError: '$context.authorizer.error',
  /** Lambda's own id of the function's run, which its lines about starts, ends and timeouts have. */
  invocationId: '$context.integration.requestId',
};

const methods = {
  GET: HttpMethod.GET,
  POST: HttpMethod.POST,
  DELETE: HttpMethod.DELETE,
  ANY: HttpMethod.ANY,
};

/**
 * The HTTP API. Make it first, for the functions need its address, and then {@link connect} them.
 *
 * Defaults: 100 requests a second to each route, 200 at once, and a share of that to some; an access log in JSON, kept for a month, without query strings
 * and paths; no CORS; no domain name of its own. With a domain, the address that API Gateway gives out is off.
 */
export class KeyringApi extends Construct {
  readonly api: HttpApi;
  /** Where callers find the API, without a slash at the end. */
  readonly publicUrl: string;
  /** What a DNS record for the domain must point to; `undefined` without a domain. */
  readonly domainTarget: string | undefined;
  readonly #stage: HttpStage;
  readonly #throttle: { readonly rateLimit: number; readonly burstLimit: number };

  constructor(scope: Construct, id: string, props: KeyringApiProps) {
    super(scope, id);
    const { allowedOrigins = [], domain, throttleRate = 100, throttleBurst = 200 } = props;
    this.#throttle = { rateLimit: throttleRate, burstLimit: throttleBurst };

    this.api = new HttpApi(this, 'Api', {
      apiName: props.name,
      createDefaultStage: false,
      disableExecuteApiEndpoint: domain !== undefined,
      ...(allowedOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: [...allowedOrigins],
          allowCredentials: true,
          allowHeaders: ['content-type', 'authorization', 'x-keyring-csrf'],
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
          exposeHeaders: ['retry-after'],
          maxAge: Duration.hours(1),
        },
      }),
    });

    const logGroup = new LogGroup(this, 'AccessLog', {
      logGroupName: accessLogName(this),
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: this.#throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
    });

    if (domain === undefined) {
      this.publicUrl = this.api.apiEndpoint;
      this.domainTarget = undefined;
    } else {
      const domainName = new DomainName(this, 'Domain', {
        domainName: domain.name,
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
        securityPolicy: SecurityPolicy.TLS_1_2,
      });
      new ApiMapping(this, 'Mapping', { api: this.api, domainName, stage: this.#stage });
      this.publicUrl = `https://${domain.name}`;
      this.domainTarget = domainName.regionalDomainName;
    }
  }

  /**
   * Adds the routes.
   *
   * Routes that take a key have a Lambda authorizer, always called and never cached: it has no identity source,
   * because API Gateway would itself answer a request without one, in a body that is not problem+json. The
   * authorizer lets every request through and says in its context whose key it was; the function refuses.
   *
   * @param functionOf the Lambda of an entry
   * @param authorizer the Lambda that recognises keys
   */
  connect(routes: readonly Route[], functionOf: (entry: string) => IFunction, authorizer: IFunction): void {
    const keyAuthorizer = new HttpLambdaAuthorizer('KeyAuthorizer', authorizer, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    const integrations = new Map<string, HttpLambdaIntegration>();
    for (const route of routes) {
      const integration =
        integrations.get(route.entry) ??
        new HttpLambdaIntegration(route.entry.replace('/', '-'), functionOf(route.entry));
      integrations.set(route.entry, integration);
      const takesKey = route.access.who === 'key' || route.access.who === 'key-or-session';
      const added = this.api.addRoutes({
        path: route.path,
        methods: [methods[route.method]],
        integration,
        ...(takesKey && { authorizer: keyAuthorizer }),
      });
      if (route.throttlePercent !== undefined) this.#limit(route, route.throttlePercent, added);
      for (const construct of added) mayCallFirst(construct);
      if (takesKey) continue;
      for (const construct of added) acknowledge(construct, 'AwsSolutions-APIG4', whyNoAuthorizer(route));
    }
    this.#authorizerMayCallFirst(authorizer);
  }

  /** Lets a route take only a share of what the stage takes. */
  #limit({ method, path }: Route, percent: number, made: readonly HttpRoute[]): void {
    const share = (limit: number) => Math.max(1, Math.floor((limit * percent) / 100));
    const { rateLimit, burstLimit } = this.#throttle;
    const stage = this.#stage.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new TypeError('not a stage');
    // Settings of a route that is not there yet are refused: "Unable to find Route by key".
    for (const route of made) stage.node.addDependency(route);
    stage.routeSettings = {
      ...(stage.routeSettings as object | undefined),
      [`${method} ${path}`]: {
        ThrottlingRateLimit: share(rateLimit),
        ThrottlingBurstLimit: share(burstLimit),
      },
    };
  }

  /** The library's own permission names the authorizer, and so comes after it. */
  #authorizerMayCallFirst(authorizer: IFunction): void {
    const permission = new CfnPermission(this, 'AuthorizerPermission', {
      action: 'lambda:InvokeFunction',
      functionName: authorizer.functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        resourceName: 'authorizers/*',
      }),
    });
    for (const child of this.api.node.findAll()) {
      if (child instanceof CfnAuthorizer) child.addResourceDependency(permission);
    }
  }
}

/**
 * Below `/aws/vendedlogs/` one rule of the account's policy lets API Gateway write to all log groups. Any other name
 * adds its own, until the policy is full and no API with a log can be made. The part of the stack's id keeps a new stack
 * from meeting the group of a former one of its name.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 */
function accessLogName(scope: Construct): string {
  const uuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return `/aws/vendedlogs/${Stack.of(scope).stackName}/access-${Fn.select(0, Fn.split('-', uuid))}`;
}

/**
 * The integration of a route waits until it may call: in an update it would otherwise call an alias a moment before it is
 * allowed to.
 */
function mayCallFirst(route: Construct): void {
  const below = route.node.findAll();
  for (const permission of below.filter((child) => child instanceof CfnPermission)) {
    for (const child of below) if (child instanceof CfnIntegration) child.addResourceDependency(permission);
  }
}

function whyNoAuthorizer({ access, summary }: Route): string {
  switch (access.who) {
    case 'session':
      return 'The function itself checks the session cookie: API Gateway cannot.';
    case 'sdk':
      return `The function itself checks ${access.gives}: it may be in the body, which no authorizer sees.`;
    default:
      return `Open by design: ${summary}`;
  }
}
