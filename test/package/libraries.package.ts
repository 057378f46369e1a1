import { describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, run, runText } from './installed.ts';

const useOfBoth = `
  const wechat = await startSimulator({ accounts: [{ appid: 'wxabcdefabcdefabcd', secret: 's', followers: 2 }] });
  const before = await wechat.now();
  const after = await wechat.advance(7200);
  await wechat.close();
  const keyring = await startKeyring({ followers: 3 });
  const { cookie } = await keyring.logIn();
  const me = await fetch(keyring.api + '/v1/accounts/default/me', { headers: { cookie } });
  const key = await keyring.createKey({ scopes: ['followers:read'] });
  const client = new Keyring({ baseUrl: keyring.api, apiKey: key });
  let total = 0;
  for await (const openid of client.openids()) total += openid.length > 0 ? 1 : 0;
  const refused = await client.token().catch((error) => error instanceof KeyringError && error.code);
  await keyring.close();
  console.log(JSON.stringify({ passed: after - before >= 7200, me: me.status, total, refused }));`;

describe.each([
  [
    'import',
    'module',
    `import { Keyring, KeyringError } from 'wechat-keyring/client';
     import { startSimulator } from 'wechat-keyring/simulator';
     import { startKeyring } from 'wechat-keyring/testing';
     ${useOfBoth}`,
  ],
  [
    'require',
    'commonjs',
    `const { Keyring, KeyringError } = require('wechat-keyring/client');
     const { startSimulator } = require('wechat-keyring/simulator');
     const { startKeyring } = require('wechat-keyring/testing');
     (async () => { ${useOfBoth} })();`,
  ],
] as const)('with %s', (_, format, text) => {
  test('the simulator and the whole service start, do what they are for, and end with nothing left open', async () => {
    const { code, out, err } = await runText(format, text);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({ passed: true, me: 200, total: 3, refused: 'scope_missing' });
  });
});

test.each(['wechat-keyring', 'wechat-keyring/lib/cdk.mjs', 'wechat-keyring/functions/open/health/index.mjs'])(
  'nothing else can be imported: %s',
  async (module) => {
    const { code, err } = await runText('module', `import '${module}';`);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED') });
  },
);

const ofTests = `
import { Keyring, KeyringError, type Token } from 'wechat-keyring/client';
import { startSimulator, type Fault, type Simulator } from 'wechat-keyring/simulator';
import { startKeyring, type LocalKeyring, type Scope } from 'wechat-keyring/testing';

export const fault: Fault = { path: '/cgi-bin/token', kind: 'errcode', errcode: -1 };
export const scope: Scope = 'followers:read';
export async function use(): Promise<void> {
  const wechat: Simulator = await startSimulator({ seed: 2 });
  const keyring: LocalKeyring = await startKeyring({ onEvent: (event) => console.log(event) });
  const { openid } = await keyring.simulator.putUser({ subscribe: true });
  await keyring.simulator.revoke({ openid });
  const token: Token = await new Keyring({ baseUrl: keyring.api, apiKey: keyring.key }).token();
  if (token.expires_in < 0) throw new Error(KeyringError.name);
  await Promise.all([wechat.close(), keyring.close()]);
}
// @ts-expect-error -- no such scope
export const strange: Scope = 'everything';
`;
// Once: the compiler takes long to read the CDK.
const ofCdk = `
import { App } from 'aws-cdk-lib';
import { ConfigError, KeyringStack, type KeyringProps } from 'wechat-keyring/cdk';

const props: KeyringProps = { region: 'ap-southeast-1', egress: 'nat-gateway', monitoring: 'full' };
export const url: string = new KeyringStack(new App(), 'Keyring', props).apiUrl;
// @ts-expect-error -- monitoring has no default
export const lacking: KeyringProps = { egress: 'none' };
if (!(new ConfigError([]) instanceof Error)) throw new Error();
`;

test.each([
  ['an ES module', { module: 'nodenext' }, 'consumer.mts', ofTests + ofCdk],
  ['CommonJS', { module: 'node16', exactOptionalPropertyTypes: true }, 'consumer.cts', ofTests],
  ['what a bundler takes', { module: 'esnext', moduleResolution: 'bundler' }, 'consumer.ts', ofTests],
])('its types compile for %s, strictly and the libraries’ own included', async (_, how, name, text) => {
  const own = join(folder, `types-${how.module}-${name.replace('.', '-')}`);
  mkdirSync(own);
  writeFileSync(join(own, name), text);
  const compilerOptions = {
    ...how,
    target: 'es2023',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(join(own, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }));
  const tsc = join(folder, 'node_modules/typescript/bin/tsc');
  expect(await run([process.execPath, tsc, '-p', own])).toEqual({ code: 0, out: '', err: '' });
});
