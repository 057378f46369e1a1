import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';

import type { Deployment } from './deployment.ts';

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ DeletionPolicy: z.optional(z.string()) })),
});

/** How each type of what stays is deleted by hand, as a command of the AWS command line before its id. */
const commands: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'aws dynamodb delete-table --table-name',
  'AWS::KMS::Key': 'aws kms schedule-key-deletion --pending-window-in-days 7 --key-id',
  'AWS::EC2::EIP': 'aws ec2 release-address --allocation-id',
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
    } of page.StackResourceSummaries ?? []) {
      if (!Resources[LogicalResourceId]?.DeletionPolicy?.startsWith('Retain')) continue;
      left.push(`${commands[ResourceType] ?? `# ${ResourceType}`} ${PhysicalResourceId}`);
    }
  }
  const secrets = new SecretsManagerClient(clientConfig);
  const { SecretList = [] } = await secrets.send(new ListSecretsCommand({ MaxResults: 100 }));
  for (const { Name = '' } of SecretList) {
    if (!Name.startsWith(`wechat-keyring/${stage}/`)) continue;
    left.push(`aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${Name}`);
  }
  return left.toSorted();
}
