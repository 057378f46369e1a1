import type { Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias, Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { SharedEnvironment } from '../../functions/environment.ts';
import { entries, manifest, type Entry, type EnvironmentOf } from '../../functions/manifest.ts';
import { routes } from '../../functions/routes.ts';
import type { Route } from '../../functions/route.ts';
import { followerIndexesArn, schedulesArn, secretsOf, statementsFor, type Given } from '../statements.ts';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import { KeyringFunction, type KeyringFunctionProps } from './keyring-function.ts';
import type { Storage } from './storage.ts';

/** What all functions have in common. */
interface FunctionsProps {
  readonly architecture: 'arm64' | 'x86_64';
  readonly environment: SharedEnvironment;
  readonly storage: Storage;
  /** Whether X-Ray samples runs. */
  readonly tracing: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;
/** What single functions have besides. */
type Asked = Pick<KeyringFunctionProps, 'onAsyncFailure' | 'reservedConcurrency'>;
type OnAsyncFailure = KeyringFunctionProps['onAsyncFailure'];

const refreshEntry = 'credentials/refresh-credentials';

/**
 * The functions of the stack, made from functions/manifest.ts. The one that mints comes first: the others are told its
 * name.
 */
export class Functions {
  readonly #stack: Stack;
  readonly #props: FunctionsProps;
  readonly #made = new Map<string, LambdaFunction>();
  readonly #live = new Map<string, Alias>();

  constructor(stack: Stack, props: FunctionsProps) {
    this.#stack = stack;
    this.#props = props;
  }

  /** Makes a function, with the variables of its own and what its permissions are about. */
  add<E extends Entry>(entry: E, { environment, given = {}, ...asked }: OwnProps<E>): LambdaFunction {
    return this.#make(entry, environment, given, asked);
  }

  /** Makes those functions of the folders that have not been made, and need nothing but what all have. */
  addRest(...folders: readonly string[]): void {
    for (const entry of entries) {
      const [folder = ''] = entry.split('/');
      if (!folders.includes(folder) || this.#made.has(entry)) continue;
      if (manifest[entry].environment)
        throw new Error(`${entry} has variables of its own: add it by itself.`);
      this.#make(entry, {}, {});
    }
  }

  /** The function of an entry. */
  of(entry: string): LambdaFunction {
    const found = this.#made.get(entry);
    if (found === undefined) throw new Error(`There is no function for functions/${entry}.ts.`);
    return found;
  }

  /**
   * What the API calls of an entry: the alias `live` of its latest version. Between two versions it changes in one step,
   * with the code, the variables and the memory together.
   */
  live(entry: string): IFunction {
    const found = this.#live.get(entry) ?? this.of(entry).addAlias('live');
    this.#live.set(entry, found);
    // The library declares one optional property of the two in different ways.
    return found as IFunction;
  }

  /** All aliases that the API calls. */
  get allLive(): readonly Alias[] {
    return [...this.#live.values()];
  }

  #make(entry: Entry, own: Variables, given: Given, asked: Asked = {}): LambdaFunction {
    const { storage, architecture, environment, tracing } = this.#props;
    const { permissions } = manifest[entry];
    const refresh = this.#made.get(refreshEntry);
    const made = new KeyringFunction(this.#stack, constructId(entry), {
      entry,
      architecture,
      tracing,
      description: descriptionOf(entry),
      environment: defined({ ...environment, KEYRING_REFRESH_FUNCTION: refresh?.functionName, ...own }),
      statements: statementsFor(permissions, storage, { refresh, ...given }),
      ...asked,
    });
    acknowledge(made, 'Serverless-LambdaDLQ', whyNoDeadLetters(entry, asked.onAsyncFailure));
    this.#acknowledgeWildcards(made, entry, given);
    this.#made.set(entry, made.fn);
    return made.fn;
  }

  #acknowledgeWildcards(made: KeyringFunction, entry: Entry, { schedules }: Given): void {
    const { permissions } = manifest[entry];
    const { tables, secretPrefix } = this.#props.storage;
    for (const [arn] of secretsOf(this.#stack, secretPrefix, permissions)) {
      acknowledgeWildcard(
        made,
        arn,
        "The secrets are made at run time, one per WeChat account, below this deployment's own prefix.",
      );
    }
    if (permissions.followerIndexes) {
      acknowledgeWildcard(
        made,
        followerIndexesArn(tables),
        'The indexes of the table Followers, which it may query as it may the table.',
      );
    }
    if (permissions.schedules && schedules) {
      acknowledgeWildcard(
        made,
        schedulesArn(schedules.group),
        "One-time schedules are made at run time, in this deployment's own group.",
      );
    }
  }
}

interface OwnProps<E extends Entry> extends Asked {
  readonly environment: EnvironmentOf<E>;
  readonly given?: Given;
}

/**
 * A sweep hands each account to a run of its own. In the policy that the function waits for, its own ARN would be a
 * circle.
 */
export function letInvokeItself(stack: Stack, id: string, fn: LambdaFunction): void {
  if (!fn.role) return;
  new Policy(stack, id, {
    roles: [fn.role],
    statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] })],
  });
}

/** `followers/list-followers` → `ListFollowers`, which the logical id is made from. */
function constructId(entry: Entry): string {
  const name = entry.slice(entry.indexOf('/') + 1);
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function descriptionOf(entry: Entry): string {
  const route = Object.values<Route>(routes).find((candidate) => candidate.entry === entry);
  return manifest[entry].description ?? route?.summary ?? entry;
}

/** Without the variables that have no value. */
function defined(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function whyNoDeadLetters(entry: Entry, onAsyncFailure: OnAsyncFailure): string {
  const { trigger, permissions } = manifest[entry];
  if (trigger?.by === 'queue') {
    return 'Called with messages of a queue, which has a dead-letter queue of its own.';
  }
  if (permissions.detailsQueue === 'feeds') {
    return 'A call that fails loses nothing: the checkpoint stands, and the next sweep goes on from it.';
  }
  return onAsyncFailure
    ? 'Failed calls go to the dead-letter queue as the failure destination, which also carries the error.'
    : 'Called synchronously: the caller gets the error, and nothing is queued that could be lost.';
}
