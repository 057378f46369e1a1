import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { copyOf, folder, root, run, runText } from './installed.ts';

const cdkJson = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')));
const region = 'ap-southeast-1';

/** The template without what is made of the functions' code: hashes of it, also in the names of their versions. */
function templateIn(assembly: string): unknown {
  const text = readFileSync(join(assembly, 'wechat-keyring-prod.template.json'), 'utf8');
  return JSON.parse(
    text.replaceAll(/\b[0-9a-f]{64}\b/g, 'hash').replaceAll(/(Version[0-9A-F]{8})[0-9a-f]{32}/g, '$1hash'),
  );
}

/** An app of somebody's with the stack of the package alone. */
async function appWith(
  assembly: string,
  props: object,
  context: object = {},
): Promise<{ code: number | null; err: string }> {
  return runText(
    'module',
    `import { App } from 'aws-cdk-lib';
     import { KeyringStack } from 'wechat-keyring/cdk';
     const app = new App({ outdir: ${JSON.stringify(join(folder, assembly))}, context: ${JSON.stringify(context)} });
     new KeyringStack(app, 'wechat-keyring-prod', ${JSON.stringify(props)});
     app.synth();`,
  );
}

describe('the stack of the package', () => {
  test('is that of the clone, whatever feature flags the app has', async () => {
    const egress = { via: 'nat-instance' };
    const clone = join(folder, 'of-the-clone');
    const context = { ...cdkJson.context, region, egress, tags: { team: 'shop' } };
    const made = await run([process.execPath, join(root, 'cdk/app.ts')], {
      cwd: root,
      env: { CDK_OUTDIR: clone, CDK_CONTEXT_JSON: JSON.stringify(context) },
    });
    expect(made.code).toBe(0);
    const props = { region, egress: 'nat-instance', monitoring: 'full', tags: { team: 'shop' } };
    const others = {
      '@aws-cdk/aws-iam:minimizePolicies': false,
      '@aws-cdk/core:enablePartitionLiterals': false,
    };
    expect(await appWith('of-the-package', props, others)).toMatchObject({ code: 0 });
    expect(templateIn(join(folder, 'of-the-package'))).toEqual(templateIn(clone));
  });

  test('says of all props what is wrong with them', async () => {
    const { code, err } = await appWith('of-nothing', {
      region: 'mars-1',
      egress: 'tunnel',
      monitoring: 'full',
    });
    expect(code).toBe(1);
    expect(err).toContain('The deployment configuration has 2 faults:');
    expect(err).toContain('- region is not an AWS region.\n');
    expect(err).toContain('- egress must be none, nat-gateway, nat-instance or proxy.\n');
    expect(err).toContain('Set them in the props of KeyringStack.');
    expect(err).not.toContain('-c ');
  });
});

describe('examples/cdk-app', () => {
  const app = copyOf('cdk-app');

  test('compiles', async () => {
    const tsc = join(folder, 'node_modules/typescript/bin/tsc');
    expect(await run([process.execPath, tsc, '-p', app])).toEqual({ code: 0, out: '', err: '' });
  });

  test('synthesizes the service beside its own things, without esbuild', async () => {
    const cdk = join(folder, 'node_modules/aws-cdk/bin/cdk');
    const { code, err } = await run([process.execPath, cdk, 'synth', '--quiet', '--all', '--no-notices'], {
      cwd: app,
      env: { CI: '1', CDK_DEFAULT_REGION: region, AWS_EC2_METADATA_DISABLED: 'true' },
    });
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, 'node_modules/esbuild'))).toBe(false);
    const shop = readFileSync(join(app, 'cdk.out/Shop.template.json'), 'utf8');
    expect(shop).toContain('AWS::DynamoDB::GlobalTable');
    expect(shop).toContain('KEYRING_URL');
    const assets = readdirSync(join(app, 'cdk.out')).filter((name) => name.startsWith('asset.'));
    const handlers = assets.filter((name) => existsSync(join(app, 'cdk.out', name, 'index.mjs')));
    expect(handlers.length).toBeGreaterThan(25);
  });
});
