import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';

import type { Deployment } from './deployment.ts';

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ DeletionPolicy: z.optional(z.string()) })),
});

/** How each type of what stays is deleted by hand, as a command of the AWS command line for what CloudFormation calls it. */
const commands: Readonly<Record<string, (id: string) => string>> = {
  'AWS::DynamoDB::GlobalTable': (name) => `aws dynamodb delete-table --table-name ${name}`,
  'AWS::KMS::Key': (id) => `aws kms schedule-key-deletion --pending-window-in-days 7 --key-id ${id}`,
  // CloudFormation names it by the address, and EC2 releases it by another id.
  'AWS::EC2::EIP': (id) =>
    `aws ec2 release-address --allocation-id $(aws ec2 describe-addresses --public-ips ${id.split('|')[0] ?? id} --query 'Addresses[0].AllocationId' --output text)`,
};

/** What stays when the stack is destroyed, each as the command that deletes it. To be asked while the stack is there. */
export async function leftBy({ clientConfig, stackName, stage }: Deployment): Promise<string[]> {
  const client = new CloudFormationClient(clientConfig);
  const { TemplateBody = '{}' } = await client.send(
    new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }),
  );
  const { Resources } = z.parse(templateSchema, JSON.parse(TemplateBody));
  const left: string[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
    for (const {
      LogicalResourceId = '',
      ResourceType = '',
      PhysicalResourceId = '',
      ResourceStatus,
    } of page.StackResourceSummaries ?? []) {
      if (!Resources[LogicalResourceId]?.DeletionPolicy?.startsWith('Retain')) continue;
      // CloudFormation leaves a version alone, and it goes with its function.
      if (ResourceType === 'AWS::Lambda::Version' || ResourceStatus === 'DELETE_COMPLETE') continue;
      left.push(commands[ResourceType]?.(PhysicalResourceId) ?? `# ${ResourceType} ${PhysicalResourceId}`);
    }
  }
  const secrets = new SecretsManagerClient(clientConfig);
  for await (const { SecretList = [] } of paginateListSecrets({ client: secrets }, {})) {
    for (const { Name = '' } of SecretList) {
      if (!Name.startsWith(`wechat-keyring/${stage}/`)) continue;
      left.push(`aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${Name}`);
    }
  }
  return left.toSorted();
}
