import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { awsPost } from '../../functions/aws-post.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { close, listen } from '../../local/aws/http.ts';
import { noMetrics } from '../../shared/platform/metrics.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const secretAccessKey = 'a-secret-key';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const servers: Server[] = [];
let received: Received[] = [];
let slept: number[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
  received = [];
  slept = [];
});

/** A service that answers with these statuses in turn, and 200 once they are used up; 0 breaks the connection. */
async function serviceWith(...statuses: number[]): Promise<Runtime> {
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
      received.push({ url: request.url ?? '', headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      if (status === 0) request.socket.destroy();
      else
        response
          .writeHead(status, { 'x-amzn-errortype': 'SomeException:' })
          .end('{"message":"what was sent"}');
    })();
  });
  servers.push(server);
  return {
    environment: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'a-key-id',
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: 'a-session-token',
      AWS_ENDPOINT_URL_LAMBDA: await listen(server),
    },
    clock: {
      now: () => 0,
      sleep: (seconds) => {
        slept.push(seconds);
        return Promise.resolve();
      },
    },
    log: silent,
    metrics: noMetrics,
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf({ url, headers, body }: Received): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const canonical = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const request = ['POST', url.split('%').join('%25'), '', canonical.join(''), names, hash(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, text).toString('hex');
}

test('signs what it sends, with the session token', async () => {
  const post = awsPost(await serviceWith(), 'lambda');
  await post('/2015-03-31/functions/arn%3Aaws/invocations', '{"a":"é"}');
  const [request] = received;
  if (!request) throw new Error('Nothing arrived.');
  expect(request).toMatchObject({
    body: '{"a":"é"}',
    headers: { 'x-amz-security-token': 'a-session-token' },
  });
  const { authorization = '' } = request.headers;
  expect(authorization).toContain('/eu-west-1/lambda/aws4_request');
  expect(authorization).toMatch(/SignedHeaders=content-type;host;/);
  expect(authorization.split('Signature=')[1]).toBe(signatureOf(request));
});

test.each([500, 503, 429, 0])('tries again after %d', async (status) => {
  const post = awsPost(await serviceWith(status, status), 'lambda');
  expect((await post('/a', '{}')).body).toContain('message');
  expect(received).toHaveLength(3);
  expect(slept).toHaveLength(2);
});

test.each([
  [[500, 500, 500], 3],
  [[403], 1],
])('gives up after %j, and says no more than the kind of error', async (statuses, calls) => {
  const post = awsPost(await serviceWith(...statuses), 'lambda');
  await expect(post('/a', '{}')).rejects.toThrow(
    `The AWS service lambda answered ${String(statuses[0])} (SomeException).`,
  );
  expect(received).toHaveLength(calls);
});

test('says at once that there are no credentials', async () => {
  const { environment, ...rest } = await serviceWith();
  const without = { ...rest, environment: { ...environment, AWS_ACCESS_KEY_ID: undefined } };
  expect(() => awsPost(without, 'lambda')).toThrow('no AWS credentials in the environment');
});
