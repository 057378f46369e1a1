import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { kept } from './kept.ts';
import type { Overrides, Synthesis } from './synthesis.ts';

/**
 * The CDK takes a second to load. With Jest it is loaded when it is first needed, once for all test files of a process
 * and outside of them (test/jest/environment.mjs): only texts pass from there to here.
 */
function loadSynthesis(): typeof import('./synthesis.ts') {
  const { requireOutside = createRequire(import.meta.url) } = globalThis as {
    requireOutside?: NodeJS.Require;
  };
  return requireOutside(fileURLToPath(new URL('synthesis.ts', import.meta.url))) as ReturnType<
    typeof loadSynthesis
  >;
}

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.array(z.string()).default([]),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  UpdatePolicy: z.record(z.string(), z.unknown()).optional(),
});
type Resource = z.infer<typeof resource>;

/** A template with what tests ask of it. */
export interface Synthesized extends Omit<Synthesis, 'template'> {
  readonly template: Template;
  readonly text: string;
  readonly resources: ReadonlyMap<string, Resource>;
}

/** The stack's template as `cdk synth -c key=value …` makes it, and what comes with it. */
export function synthesize(overrides: Overrides): Synthesized {
  const { template, ...about } = JSON.parse(
    kept(['synthesis', overrides], () => loadSynthesis().synthesisWith(overrides)),
  ) as Synthesis;
  const { Resources } = z.object({ Resources: z.record(z.string(), resource) }).parse(template);
  return {
    template: Template.fromJSON(template),
    text: JSON.stringify(template),
    resources: new Map(Object.entries(Resources)),
    ...about,
  };
}

/** What the template checks find that is not explained. */
export function findingsOf(overrides: Overrides): unknown[] {
  const findings = kept(['findings', overrides], () => loadSynthesis().findingsWith(overrides));
  return JSON.parse(findings) as unknown[];
}

/**
 * What is said where the rules of CloudFormation's schemas find a fault: nothing where they find none. To the stack a
 * queue is added with the property `wrong`, which there is not, if it is given.
 */
export function schemaFaultOf(overrides: Overrides, wrong?: string): string {
  return kept(['schemas', overrides, wrong], () => loadSynthesis().schemaFaultWith(overrides, wrong));
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
