import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Tells the template checks that a finding is known and meant, and why. Holds for all below `scope`. */
export function acknowledge(scope: IConstruct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}

/**
 * The same for one resource ARN that ends in a wildcard: the rule names such a finding after the ARN, with
 * references written as `<LogicalId>`.
 */
export function acknowledgeWildcard(scope: IConstruct, arn: string, reason: string): void {
  acknowledge(scope, `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(arn))}]`, reason);
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) throw new TypeError('not a part of an ARN');
  const [kind, argument] = Object.entries(value)[0] ?? [];
  if (kind === 'Ref') return `<${String(argument)}>`;
  if (kind === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (kind === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map(flatten).join(String(argument[0]));
  }
  throw new TypeError(`${kind ?? 'nothing'} is not a part of an ARN`);
}
