import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { synthesisWith, type Overrides, type Synthesis } from '../cdk/synthesis.ts';
import { endChildren, killChildren, onlyNeeded, run } from '../deploy/children.ts';
import { installPackages, pythonFor } from '../deploy/python.ts';
import { say, step } from '../deploy/steps.ts';

/**
 * Holds the templates against the schemas of CloudFormation's resources, as cfn-lint has them for each region: another
 * pair of eyes than the CDK's own. Run by `npm run test:templates`.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** W3005: CDK names what a resource depends on even where a reference says so already. */
const meant = ['W3005'];

const regions = ['us-east-1', 'ap-southeast-1', 'cn-north-1', 'cn-northwest-1'];

/** With all that can be configured besides. */
function waysIn(region: string): Readonly<Record<string, Overrides>> {
  const partition = region.startsWith('cn-') ? 'aws-cn' : 'aws';
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:123456789012:${resource}`;
  const certificateArn = arn('acm', 'certificate/12345678-1234-1234-1234-123456789012');
  const all = {
    region,
    monitoring: 'full',
    alarmEmail: 'ops@example.com',
    eventBus: 'pushes',
    allowedOrigins: 'https://www.example.com',
    refreshConcurrency: '20',
    domain: { name: 'keyring.example.com', certificateArn },
    ...(partition === 'aws' && { tracing: 'true' }),
  };
  const proxy = { via: 'proxy', url: 'https://proxy.example.com:3128', address: '203.0.113.7' };
  return {
    none: { ...all, egress: 'none' },
    'nat-gateway': { ...all, egress: 'nat-gateway' },
    'nat-instance': { ...all, egress: 'nat-instance' },
    proxy: { ...all, egress: proxy },
    bare: {
      region,
      egress: 'none',
      monitoring: 'none',
      customerManagedKey: 'false',
      lambdaConcurrency: '10',
    },
  };
}

process.once('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endChildren().then(() => process.exit(130)));
}

const programs = await step('install the linter', () =>
  installPackages(root, { folder: 'templates', minor: 10, whatToInstall: pythonFor('test:templates', 10) }),
);
const folder = await mkdtemp(join(tmpdir(), 'keyring-templates-'));
try {
  for (const region of regions) {
    await step(`the templates for ${region}`, () => lint(region));
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await endChildren();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Throws what the linter finds in the templates of a region. */
async function lint(region: string): Promise<void> {
  const files: string[] = [];
  for (const [way, overrides] of Object.entries(waysIn(region))) {
    const file = join(folder, `${region}-${way}.template.json`);
    const { template } = JSON.parse(synthesisWith(overrides)) as Synthesis;
    await writeFile(file, JSON.stringify(template, undefined, 1));
    files.push(file);
  }
  const args = [
    '--regions',
    region,
    '--ignore-checks',
    ...meant,
    '--format',
    'parseable',
    '--template',
    ...files,
  ];
  const { code, said } = await run(join(programs, 'cfn-lint'), args, { cwd: folder, env: onlyNeeded() });
  if (code !== 0) throw new Error(`cfn-lint found in ${region}:\n${said.replaceAll(`${folder}/`, '')}`);
}
