import { Duration, Stack } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import {
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
  TimeBasedCanaryTrafficRouting,
} from 'aws-cdk-lib/aws-codedeploy';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';

/** What is deployed bit by bit, and what stops it. */
export interface CanaryProps {
  readonly aliases: readonly Alias[];
  /** Any of them that rings has all requests go to the former version again. */
  readonly alarms: readonly IAlarm[];
}

/**
 * Has CodeDeploy send a part of the requests to a new version first, and all of them after a while without an alarm.
 *
 * Defaults: one request in five, for 25 minutes. Of one in ten, the alarm on the slowest tenth would see too little, and
 * that alarm needs three periods of 5 minutes: the canary begins in the middle of one, and an alarm comes some time
 * after its last.
 */
export class Canary extends Construct {
  constructor(scope: Construct, id: string, { aliases, alarms }: CanaryProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      description: 'Lets CodeDeploy move requests to a new version.',
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    const policy = this.#policy(role, aliases);
    const application = new LambdaApplication(this, 'Application');
    const deploymentConfig = new LambdaDeploymentConfig(this, 'Config', {
      trafficRouting: new TimeBasedCanaryTrafficRouting({ interval: Duration.minutes(25), percentage: 20 }),
    });
    for (const alias of aliases) {
      const group = new LambdaDeploymentGroup(this, alias.lambda.node.scope?.node.id ?? alias.node.id, {
        alias,
        application,
        deploymentConfig,
        alarms: [...alarms],
        // The library would add a policy of AWS's, which is about all functions of the account.
        role: role.withoutPolicyUpdates(),
      });
      group.node.addDependency(policy);
    }
  }

  /**
   * What AWS's own policy for such a role has, for these functions alone, without topics and hooks.
   *
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambda.html
   */
  #policy(role: Role, aliases: readonly Alias[]): Policy {
    const { partition } = Stack.of(this);
    const revisions = `arn:${partition}:s3:::*/CodeDeploy/*`;
    const policy = new Policy(this, 'Policy', {
      roles: [role],
      statements: [
        new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }),
        new PolicyStatement({
          actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
          // Written out: a reference to an alias would be a circle, for the alias waits for this.
          resources: aliases.flatMap(({ lambda, aliasName }) => [
            lambda.functionArn,
            `${lambda.functionArn}:${aliasName}`,
          ]),
        }),
        new PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [revisions] }),
      ],
    });
    acknowledge(policy, 'AwsSolutions-IAM5[Resource::*]', 'Alarms cannot be described one by one.');
    acknowledgeWildcard(
      policy,
      revisions,
      'As in the policy of AWS: where what to deploy is kept is for CodeDeploy to say.',
    );
    return policy;
  }
}
