import { readFileSync } from 'node:fs';
import { App, Stage, type Stack } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import * as z from 'zod';
import { readConfig } from '../../cdk/config.ts';
import { KeyringStack } from '../../cdk/keyring-stack.ts';

/** What `cdk synth -c key=value …` is told. */
export type Overrides = Readonly<Record<string, unknown>>;

/** What comes of a synthesis. */
export interface Synthesis {
  readonly template: Record<string, unknown>;
  /** What the deployer is told, and need not act on. */
  readonly infos: readonly string[];
  /** Of the stack, which CloudFormation puts on all its resources. */
  readonly tags: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
  /** What went to the console meanwhile, such as warnings. */
  readonly printed: readonly string[];
}

const cdkJson = z
  .object({ app: z.string(), context: z.record(z.string(), z.unknown()) })
  .loose()
  .parse(JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')));

/**
 * The stack as `cdk synth` makes it, without bundling the functions. The rules of CloudFormation's schemas are left out
 * unless they are asked for: they take longer than all the rest, so one test has them.
 */
function stackWith(overrides: Overrides, { schemaRules = false }: { schemaRules?: boolean } = {}): Stack {
  const app = new App({
    builtinCloudFormationValidation: schemaRules,
    treeMetadata: false,
    context: { ...cdkJson.context, ...overrides, 'aws:cdk:bundling-stacks': [] },
  });
  const config = readConfig((key) => app.node.tryGetContext(key) as unknown, undefined);
  return new KeyringStack(app, `wechat-keyring-${config.stage}`, config);
}

const artifactSchema = z.object({
  template: z.record(z.string(), z.unknown()),
  tags: z.record(z.string(), z.string()),
  terminationProtection: z.boolean().default(false),
  messages: z.array(z.object({ level: z.string(), entry: z.object({ data: z.string() }) })),
});

/** The synthesis with these overrides, as JSON. */
export function synthesisWith(overrides: Overrides): string {
  return JSON.stringify(synthesize(overrides));
}

function synthesize(overrides: Overrides): Synthesis {
  const printed: string[] = [];
  /* eslint-disable no-console -- what the CDK warns of goes there */
  const { error } = console;
  console.error = (...values: unknown[]) => void printed.push(values.join(' '));
  try {
    const stack = stackWith(overrides);
    const assembly = Stage.of(stack)?.synth();
    const { template, messages, tags, terminationProtection } = artifactSchema.parse(
      assembly?.getStackArtifact(stack.artifactId),
    );
    const infos = messages.filter(({ level }) => level === 'info').map(({ entry }) => entry.data);
    return { template, infos, printed, tags, terminationProtection };
  } finally {
    console.error = error;
  }
}

/** What the rules of CloudFormation's schemas say: {@link schemaFaultOf} in kit.ts. */
export function schemaFaultWith(overrides: Overrides, wrong?: string): string {
  const stack = stackWith(overrides, { schemaRules: true });
  if (wrong !== undefined) new CfnQueue(stack, 'WrongQueue').addPropertyOverride(wrong, 'a');
  try {
    Stage.of(stack)?.synth();
    return '';
  } catch (error) {
    return String(error);
  }
}

/** What the template checks find that is not explained, as JSON. */
export function findingsWith(overrides: Overrides): string {
  const stack = stackWith(overrides);
  const packs = [new AwsSolutionsChecks(stack), new ServerlessChecks(stack)];
  return JSON.stringify(packs.flatMap((pack) => pack.validateScope(stack).violations));
}
