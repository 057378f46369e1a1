import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { findings } from './lint.ts';

async function committed(): Promise<string> {
  return readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
}

test('two linters have nothing to say of docs/openapi.json', async () => {
  expect(await findings(await committed())).toEqual([]);
});

test('both of them find an example that does not fit its schema', async () => {
  const document = JSON.parse(await committed()) as {
    components: { examples: Record<string, { value: object }> };
  };
  const { internal } = document.components.examples;
  if (internal) internal.value = { ...internal.value, status: 'none' };
  const rules = (await findings(JSON.stringify(document))).map(({ rule }) => rule);
  expect(rules).toEqual(
    expect.arrayContaining(['redocly no-invalid-media-type-examples', 'spectral oas3-valid-media-example']),
  );
});

test('they find an operation that says nothing of itself', async () => {
  const document = (await committed()).replace('"operationId": "getMe"', '"x-name": "getMe"');
  const rules = (await findings(document)).map(({ rule }) => rule);
  expect(rules).toEqual(
    expect.arrayContaining(['redocly operation-operationId', 'spectral operation-operationId']),
  );
});
