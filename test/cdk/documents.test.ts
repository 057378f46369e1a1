import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { notesOn, readConfig } from '../../cdk/config.ts';
import { schema } from '../../cdk/config-schema.ts';
import { findingsOf } from './kit.ts';

function textOf(page: string): string {
  return readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
}

/** The configuration that a page shows, with what a deployer has to fill in filled in. */
function configurationOf(page: string): Record<string, unknown> {
  const [, block = ''] = /```json\n(\s*"keyring": \{.*?\})\n\s*```/s.exec(textOf(page)) ?? [];
  const filled = block
    .replace(':…:', ':123456789012:')
    .replace('certificate/…', 'certificate/12345678-1234-1234-1234-123456789012');
  return z.object({ keyring: z.record(z.string(), z.unknown()) }).parse(JSON.parse(`{${filled}}`)).keyring;
}

const readmes = ['README.md', 'README.zh-CN.md'];

describe.each(readmes)('the configuration in %s', (page) => {
  const keyring = configurationOf(page);

  test.each([
    ['as it is', {}],
    [
      'in China',
      {
        region: 'cn-north-1',
        'domain.certificateArn':
          'arn:aws-cn:acm:cn-north-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
      },
    ],
  ])('can be deployed %s: the template checks find nothing unexplained', (_, overrides) => {
    expect(findingsOf({ keyring, ...overrides })).toEqual([]);
  });

  test('has alarms mailed, with a link, and mints from a fixed address', () => {
    expect(notesOn(readConfig((key) => (key === 'keyring' ? keyring : undefined), undefined))).toEqual([]);
  });
});

test('both READMEs show the same configuration', () => {
  const [english, chinese] = readmes.map(configurationOf);
  expect(chinese).toEqual(english);
});

test('docs/deploy.md has every key, and no other', () => {
  const [, table = ''] = /\n(\| key .*?)\n\n/s.exec(textOf('docs/deploy.md')) ?? [];
  const keys = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key);
  expect(keys.toSorted()).toEqual(Object.keys(schema.shape).toSorted());
});
