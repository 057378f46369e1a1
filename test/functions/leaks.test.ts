import { expect, test } from '@jest/globals';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { awsClientConfig } from '../../functions/runtime.ts';
import { startKit } from '../kit/kit.ts';

test('nothing that is logged, answered or thrown holds a secret, token, code, state, session id or openid it should not', async () => {
  const kit = await startKit();
  try {
    const { body } = await kit.call('listFollowers', { key: kit.apiKey });
    const [openid = ''] = (body as { openids: string[] }).openids;
    const started = await kit.call('authorize', { query: { return_to: `${kit.origin}/` } });
    const authorizeUrl = String(started.headers['location']);
    const back = new URL(await kit.consent(authorizeUrl, openid));
    const callback = await kit.call('callback', {
      path: { account: kit.account },
      query: back.search.slice(1),
      cookies: started.cookies,
    });
    const logs = () => JSON.stringify(kit.logged);
    await kit.call('getMe', { cookies: callback.cookies });
    const userInfo = { path: '/cgi-bin/user/info', times: 3 };
    for (const fault of [
      { ...userInfo, kind: 'errcode', errcode: 48001 },
      { ...userInfo, kind: 'garbage', body: `{"openid":"${openid}` },
      { ...userInfo, kind: 'reset' },
      { ...userInfo, kind: 'http', status: 500 },
    ]) {
      await kit.control('faults', fault);
      const answer = await kit.call('getFollower', { key: kit.apiKey, path: { openid } });
      expect(answer.status).toBe(502);
      expect(JSON.stringify(answer.body)).not.toContain(openid);
      await kit.control('faults', undefined, 'DELETE');
    }
    const again = await kit.call('authorize', { query: { return_to: `${kit.origin}/` } });
    const failed = new URL(await kit.consent(String(again.headers['location']), openid));
    await kit.control('faults', {
      path: '/sns/oauth2/access_token',
      kind: 'errcode',
      errcode: 40029,
      times: 1,
    });
    await kit.call('callback', {
      path: { account: kit.account },
      query: failed.search.slice(1),
      cookies: again.cookies,
    });

    const client = new DynamoDBClient(awsClientConfig(kit.runtime, 'DYNAMODB'));
    const { Items = [] } = await client.send(new ScanCommand({ TableName: 'Credentials' }));
    const token = Items.map((item) => unmarshall(item)).find(({ kind }) => kind === 'access_token')?.[
      'value'
    ] as string;
    const secrets: string[] = [
      kit.secret,
      kit.apiKey,
      token,
      openid,
      ...[back, failed].flatMap(({ searchParams }) => [
        searchParams.get('code') ?? '',
        searchParams.get('state') ?? '',
      ]),
      ...[...started.cookies, ...callback.cookies].map((cookie) => cookie.split('=')[1] ?? ''),
    ];
    expect(secrets.every((value) => value.length > 8)).toBe(true);
    expect(kit.logged.length).toBeGreaterThan(5);
    for (const value of secrets) expect(logs()).not.toContain(value);
  } finally {
    await kit.close();
  }
});
