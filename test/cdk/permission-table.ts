import * as z from 'zod';
import { ofType, type Synthesized } from './kit.ts';

const list = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const policySchema = z.object({
  Roles: z.array(z.object({ Ref: z.string() })),
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.enum(['Allow', 'Deny']),
        Action: list,
        Resource: z.unknown(),
        Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
      }),
    ),
  }),
});
const functionSchema = z.object({ Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }) });

interface Grant {
  readonly resource: string;
  readonly actions: readonly string[];
  readonly only: string;
}

/** Columns by the resources that stand in them; whatever fits none comes last. */
const columns = [/^TablesCredentials/, /^TablesUsers/, /^TablesFollowers/, /^secret:/, /Key$/, /./];

/** The pages that have the table, and what stands above its columns. */
export const pagesWithPermissions = {
  'docs/security.md': ['function', 'Credentials', 'Users', 'Followers', 'secrets', 'KMS keys', 'other'],
  'docs/zh/security.md': ['函数', 'Credentials', 'Users', 'Followers', 'secret', 'KMS 密钥', '其他'],
} as const;

/**
 * What each function of a stack may do, as a table in Markdown: its roles' policies as they stand in the template,
 * with the conditions. Left out is what every function may alike, writing to its own log group.
 */
export function permissionTable(made: Synthesized, head: readonly string[]): string {
  const policies = ofType(made, 'AWS::IAM::Policy').map(([, { Properties }]) =>
    policySchema.parse(Properties),
  );
  const rows = ofType(made, 'AWS::Lambda::Function').map(([id, { Properties }]) => {
    const role = functionSchema.parse(Properties).Role['Fn::GetAtt'][0];
    const grants = policies
      .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === role))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap((statement) => grantsOf(statement))
      .filter((grant) => !isOwnLog(grant));
    const cells = columns.map((_, index) =>
      grants
        .filter(({ resource }) => columns.findIndex((belongs) => belongs.test(resource)) === index)
        .map((grant) => inWords(grant))
        .toSorted()
        .join('; '),
    );
    return [withoutHash(id).replace(/Function$/, ''), ...cells];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)).map(line),
  ].join('\n');
}

function grantsOf(statement: z.infer<typeof policySchema>['PolicyDocument']['Statement'][number]): Grant[] {
  const resources = Array.isArray(statement.Resource) ? statement.Resource : [statement.Resource];
  return resources.map((resource) => ({
    resource: nameOf(resource),
    actions: statement.Action.map((action) => (statement.Effect === 'Deny' ? `no ${action}` : action)),
    only: conditionOf(statement.Condition),
  }));
}

function isOwnLog({ resource, actions }: Grant): boolean {
  return (
    resource.endsWith('Logs') && [...actions].toSorted().join() === 'logs:CreateLogStream,logs:PutLogEvents'
  );
}

const reading = ['kms:Decrypt', 'kms:DescribeKey'];
const writing = [
  ...reading,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** The service is plain from the column, but for the last one. */
function inWords({ resource, actions, only }: Grant): string {
  const sorted = actions.toSorted().join();
  const known =
    resource !== 'TablesKey'
      ? undefined
      : sorted === reading.join()
        ? 'read'
        : sorted === writing.join()
          ? 'read, write'
          : undefined;
  const said =
    known ??
    actions
      .toSorted()
      .map((action) => action.replace(/^(dynamodb|kms|secretsmanager):/, ''))
      .join(', ');
  const table = /^Tables(Credentials|Users|Followers)(.*)$/.exec(resource);
  const where = table ? (table[2] ?? '').replace('/index/*', 'indexes') : resource.replace(/^secret:/, '');
  const text = where === '' ? said : `${where}: ${said}`;
  return `${text}${only}`.replaceAll('*', '\\*').replaceAll('|', '\\|');
}

function conditionOf(condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  const parts = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, value]) => {
      // Go with those below, for requests that name nothing; and what the keys say in every row.
      if (operator === 'Null' && value === 'false') return [];
      if (key === 'dynamodb:Select') return [];
      if (key === 'kms:ViaService' || key.startsWith('kms:EncryptionContext:')) return [];
      const values = (Array.isArray(value) ? value : [value]).map((item) =>
        typeof item === 'string' ? item : nameOf(item),
      );
      const named = key === 'dynamodb:Attributes' ? 'attributes' : key;
      return [key === 'dynamodb:LeadingKeys' ? values.join(', ') : `${named} ${values.join(', ')}`];
    }),
  );
  return parts.length === 0 ? '' : ` (only ${parts.join('; ')})`;
}

/** A resource without what differs between deployments: its logical id, or the end of its ARN. */
function nameOf(resource: unknown): string {
  const text = flatten(resource);
  const secret = /:secret:wechat-keyring\/prod\/(.*)$/.exec(text);
  if (secret) return `secret:${secret[1] ?? ''}`;
  const arn = /:(?<kind>event-bus|schedule)\/(?<name>.*)$/.exec(text);
  if (arn?.groups) return arn.groups['kind'] === 'schedule' ? 'schedules of the group' : 'event bus';
  const index = text.indexOf('/');
  return index === -1 ? withoutHash(text) : withoutHash(text.slice(0, index)) + text.slice(index);
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

const reference = z.union([
  z.string(),
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform((at) => at['Fn::GetAtt'][0]),
]);
const joined = z
  .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(reference)]) })
  .transform((join) => join['Fn::Join'][1].join(''));

function flatten(resource: unknown): string {
  return z.union([reference, joined]).parse(resource);
}
