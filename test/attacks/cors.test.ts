import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { stop } from 'esbuild';
import * as z from 'zod';
import type { KeyringApi } from '../../cdk/constructs/keyring-api.ts';
import { readConfig } from '../../cdk/config.ts';
import { Builds } from './build.ts';
import { redirectTricks } from './login-attacks.ts';
import type { Change } from './mutants.ts';

// API Gateway answers CORS itself, from the list in the template: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
// The first import of the CDK takes seconds on a machine that is at work.

let builds: Builds;
beforeAll(() => {
  builds = new Builds();
});
afterAll(async () => {
  builds.remove();
  await stop();
});

const own = 'https://www.example.com';
const corsSchema = z.object({ AllowOrigins: z.array(z.string()), AllowCredentials: z.boolean() });

async function corsOf(changes: readonly Change[], origins: string[]): Promise<z.infer<typeof corsSchema>> {
  const { KeyringApi: Api } = (await builds.module('cdk/constructs/keyring-api.ts', changes)) as {
    KeyringApi: typeof KeyringApi;
  };
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Attacked');
  new Api(stack, 'Api', { name: 'api', allowedOrigins: origins });
  const [api] = Object.values(Template.fromStack(stack).findResources('AWS::ApiGatewayV2::Api'));
  return corsSchema.parse((api?.['Properties'] as Record<string, unknown>)['CorsConfiguration']);
}

/** Whether a page of that origin reads what the user may read: the API names its origin, and takes cookies. */
function isReadable({ AllowOrigins, AllowCredentials }: z.infer<typeof corsSchema>, origin: string): boolean {
  const isListed = AllowOrigins.some(
    (allowed) =>
      allowed === origin ||
      // API Gateway gives such an origin back as it came.
      (allowed.endsWith('://*') && origin.startsWith(allowed.slice(0, -1))),
  );
  return isListed && AllowCredentials;
}

const foreign = [
  'null',
  'https://evil.example',
  'http://www.example.com',
  'https://www.example.com.evil.example',
  'https://evilwww.example.com',
  'https://example.com',
  'https://www.example.com:8443',
];

test('a page of a foreign origin reads nothing with the cookies of the user', async () => {
  const cors = await corsOf([], [own]);
  expect(foreign.filter((origin) => isReadable(cors, origin))).toEqual([]);
  expect(isReadable(cors, own)).toBe(true);
});

test('without the list it would read everything', async () => {
  const cors = await corsOf(
    [
      {
        file: 'cdk/constructs/keyring-api.ts',
        find: 'allowOrigins: [...allowedOrigins],',
        replace: "allowOrigins: ['https://*'],",
      },
    ],
    [own],
  );
  expect(isReadable(cors, 'https://evil.example')).toBe(true);
});

test('no origin that stands for others can be configured', () => {
  /** Whether the configuration has a fault there; what else is missing is of no interest. */
  const isRefused = (origin: string) => {
    try {
      readConfig((key) => (key === 'allowedOrigins' ? [origin] : undefined), undefined);
      return false;
    } catch (error) {
      return String(error).includes('allowedOrigins');
    }
  };
  expect(isRefused(own)).toBe(false);
  const tricks = ['*', 'https://*', 'https://*.example.com', 'http://*', 'null', ...redirectTricks];
  expect(tricks.filter((origin) => !isRefused(origin))).toEqual([]);
});
