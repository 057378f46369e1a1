import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { readConfig } from '../../cdk/config.ts';
import { KeyringStack } from '../../cdk/keyring-stack.ts';

const cdkJson = z
  .object({ app: z.string(), context: z.record(z.string(), z.unknown()) })
  .loose()
  .parse(JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')));

/**
 * The stack as `cdk synth -c key=value …` makes it, without bundling the functions. The rules of CloudFormation's
 * schemas are left out unless they are asked for: they take longer than all the rest, so one test has them.
 */
export function synthesizeStack(
  overrides: Readonly<Record<string, unknown>>,
  { schemaRules = false }: { schemaRules?: boolean } = {},
): KeyringStack {
  const app = new App({
    builtinCloudFormationValidation: schemaRules,
    treeMetadata: false,
    context: { ...cdkJson.context, ...overrides, 'aws:cdk:bundling-stacks': [] },
  });
  const config = readConfig((key) => app.node.tryGetContext(key) as unknown, undefined);
  return new KeyringStack(app, `wechat-keyring-${config.stage}`, config);
}

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.array(z.string()).default([]),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});
type Resource = z.infer<typeof resource>;

/** A template with what tests ask of it. */
export interface Synthesized {
  readonly template: Template;
  readonly text: string;
  readonly resources: ReadonlyMap<string, Resource>;
}

// As in a process without Jest, which has 100: the CDK takes a trace for each of some thousand elements.
Error.stackTraceLimit = 10;

const synthesized = new Map<string, Synthesized>();

/** The stack's template, with the same overrides. Made once for all who ask for the same. */
export function synthesize(overrides: Readonly<Record<string, unknown>>): Synthesized {
  const key = JSON.stringify(overrides);
  const made = synthesized.get(key) ?? synthesizeAnew(overrides);
  synthesized.set(key, made);
  return made;
}

function synthesizeAnew(overrides: Readonly<Record<string, unknown>>): Synthesized {
  const template = Template.fromStack(synthesizeStack(overrides));
  const json = z.object({ Resources: z.record(z.string(), resource) }).parse(template.toJSON());
  return {
    template,
    text: JSON.stringify(template.toJSON()),
    resources: new Map(Object.entries(json.Resources)),
  };
}

/** All resources of a type: logical id and properties. */
export function ofType({ resources }: Synthesized, type: string): [string, Resource][] {
  return [...resources].filter(([, { Type }]) => Type === type);
}

/** The one resource of a type whose logical id begins so. */
export function one(from: Synthesized, type: string, idPrefix = ''): [string, Resource] {
  const found = ofType(from, type).filter(([id]) => id.startsWith(idPrefix));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of type ${type} begin with "${idPrefix}"`);
  }
  return first;
}
