import { createServer } from 'node:http';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, expect, test } from '@jest/globals';
import { snsAlarms } from '../../shared/credentials/alarms.ts';
import { describeFailure } from '../../shared/credentials/failure.ts';
import { WeChatApiError } from '../../shared/wechat/errors.ts';
import { close, listen, readBody } from '../../local/aws/http.ts';
import { publish } from '../../local/aws/sns.ts';

const lines: string[] = [];
const server = createServer((request, response) => {
  void readBody(request, 10_000).then((body) => {
    response.end(publish(new URLSearchParams(body?.toString()), (line) => lines.push(line)));
  });
});
afterEach(() => close(server));

test('an alarm says which credential of which account it is about, and what to do', async () => {
  const client = new SNSClient({
    endpoint: await listen(server),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const account = {
    account: 'wx0123456789abcdef',
    name: 'Tea House',
    mode: 'stable' as const,
    allowedOrigins: [],
    mintBudget: 200,
    dailyLimits: {},
    createdAt: 0,
  };
  const refusal = new WeChatApiError({
    api: '/cgi-bin/ticket/getticket',
    errcode: 40164,
    errmsg: 'invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 0-0-0',
    secrets: [],
  });
  const { failure } = describeFailure(refusal, undefined, { now: 1_800_000_000, usesUpMints: false });
  await snsAlarms(client, 'arn:aws:sns:us-east-1:000000000000:alarms', 'jsapi_ticket').raise(
    account,
    failure,
  );

  expect(lines).toEqual([
    expect.stringMatching(
      /^Alarm: The JS-SDK ticket of Tea House \(wx0123456789abcdef\) could not be refreshed\. .*203\.0\.113\.7.*npm run keyring -- refresh wx0123456789abcdef$/,
    ),
  ]);
});
