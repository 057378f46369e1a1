import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { create } from '../../functions/credentials/refresh-credentials.ts';
import { awsClientConfig } from '../../functions/runtime.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { startProxy, type ProxyServer } from '../wechat/proxy-server.ts';

let kit: Kit;
let proxy: ProxyServer;
beforeAll(async () => {
  kit = await startKit({ mode: 'classic' });
  proxy = await startProxy();
});
afterAll(async () => {
  await proxy.close();
  await kit.close();
});

/** A refresh by hand, as a deployment with these settings makes it. */
function refresh(settings: Readonly<Record<string, string>>) {
  const runtime = { ...kit.runtime, environment: { ...kit.runtime.environment, ...settings } };
  const request = {
    kind: 'refresh',
    credential: 'access_token',
    account: kit.account,
    need: { reason: 'manual' },
  };
  return create(runtime)(request, lambdaContext);
}

test('a mint goes through the proxy of the deployment', async () => {
  expect(await refresh({ KEYRING_EGRESS_PROXY: proxy.url })).toMatchObject({ state: 'usable' });
  expect(proxy.asked.at(-1)?.what).toMatch(/^GET http:.*\/cgi-bin\/token\?/);
  expect(proxy.asked.at(-1)?.authorization).toBeUndefined();
});

test('the name and password for the proxy come from Secrets Manager', async () => {
  const secrets = new SecretsManagerClient(awsClientConfig(kit.runtime, 'SECRETS_MANAGER'));
  await secrets.send(
    new CreateSecretCommand({
      Name: `${String(kit.runtime.environment.KEYRING_SECRET_PREFIX)}egress-proxy`,
      SecretString: JSON.stringify({ username: 'keyring', password: 'proxy-password' }),
    }),
  );
  secrets.destroy();
  await refresh({ KEYRING_EGRESS_PROXY: proxy.url, KEYRING_EGRESS_PROXY_AUTH: 'true' });
  const basic = Buffer.from('keyring:proxy-password').toString('base64');
  expect(proxy.asked.at(-1)?.authorization).toBe(`Basic ${basic}`);
  expect(JSON.stringify(kit.logged)).not.toContain('proxy-password');
});

test('the advice that goes with 40164 names the fixed address of the deployment', async () => {
  const options = { ip_allow_list: ['203.0.113.99'] };
  await kit.control('accounts', { appid: kit.account, options }, 'PATCH');
  await refresh({ KEYRING_EGRESS_ADDRESS: '127.0.0.1' });
  const report = await kit.admin({ command: 'account.show', account: kit.account });
  expect(report).toMatchObject({
    accounts: [
      {
        failure: {
          code: 'wechat_ip_not_allowed',
          advice: expect.stringContaining("The address is 127.0.0.1, this deployment's fixed address."),
        },
      },
    ],
  });
});
