import { expect, test } from '@jest/globals';
import { readOpenApi, type OpenApi } from '../../site/reference/document.ts';
import { referencePages } from '../../site/reference/pages.ts';

/** A document with one of each kind. */
const small: OpenApi = {
  info: { version: '1.0.0' },
  tags: [{ name: 'people', description: 'Who there is.' }],
  paths: {
    '/v1/accounts/{account}/people/{id}': {
      post: {
        operationId: 'savePerson',
        tags: ['people'],
        summary: 'Saves <somebody>.',
        'x-required-scope': 'people:write',
        security: [{ apiKey: [] }, { session: [] }],
        parameters: [
          { name: 'account', in: 'path', required: true },
          { name: 'id', in: 'path', required: true, example: 'o1' },
          { name: 'lang', in: 'query', required: true, example: 'zh CN' },
          { name: 'dry', in: 'query', example: 'true' },
          { name: 'X-Keyring-CSRF', in: 'header', required: true },
        ],
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
              example: { name: "Ann's" },
            },
          },
        },
        responses: {
          200: {
            description: 'Saved.',
            content: {
              'application/json': {
                schema: { $ref: '#/components/schemas/Person' },
                examples: { one: { value: { name: 'Ann' } } },
              },
            },
          },
          400: { description: '- `odd`: It is odd.\n- `even`: It is even.' },
          default: { $ref: '#/components/responses/Problem' },
        },
      },
    },
  },
  components: {
    schemas: {
      Person: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'As | written.' },
          friends: { type: 'array', items: { type: 'object', properties: { since: { type: 'integer' } } } },
        },
      },
    },
    responses: { Problem: { description: 'What is wrong.' } },
  },
};

function page(area: string, language: 'en' | 'zh' = 'en'): string {
  return referencePages(small, language).find((each) => each.area === area)?.content ?? '';
}

test('an operation is shown as a command that can be pasted, with the examples of the document', () => {
  expect(page('people')).toContain(
    [
      '```sh',
      'curl -X POST \\',
      '  -H "Authorization: Bearer $KEY" \\',
      `  -H 'X-Keyring-CSRF: 1' \\`,
      `  -H 'Content-Type: application/json' \\`,
      String.raw`  -d '{"name":"Ann'\''s"}' \ `.trimEnd(),
      '  "$API/v1/accounts/default/people/o1?lang=zh%20CN"',
      '```',
    ].join('\n'),
  );
});

test('an operation says who may call it, and what it answers', () => {
  expect(page('people')).toContain('a key with `people:write` or a logged-in user');
  expect(page('people')).toContain('| 200 | Saved. [Person](/api/shapes.html#person) |');
  expect(page('people')).toContain('| 400 | `odd`: It is odd.<br>`even`: It is even. |');
  expect(page('people')).toContain('| other | What is wrong. |');
  expect(page('people')).toContain('```json\n{\n  "name": "Ann"\n}\n```');
  expect(page('people', 'zh')).toContain('[Person](/zh/api/shapes.html#person)');
});

test('a text of the document brings no HTML into the page', () => {
  expect(page('people')).toContain('Saves &lt;somebody>.');
});

test('a shape has a row for each field, also deeper down', () => {
  expect(page('shapes')).toContain(
    String.raw`| \`name?\` | string | As \| written. |`.replaceAll('\\`', '`'),
  );
  expect(page('shapes')).toContain('| `friends[].since?` | integer |');
});

test.each(['en', 'zh'] as const)(
  'each operation of docs/openapi.json is in the reference once (%s)',
  (language) => {
    const document = readOpenApi();
    const text = referencePages(document, language)
      .filter(({ area }) => area !== 'index')
      .map(({ content }) => content)
      .join('\n');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `\`${method.toUpperCase()} ${path}\``),
    );
    expect(operations.length).toBeGreaterThan(60);
    expect(operations.filter((operation) => text.split(operation).length !== 2)).toEqual([]);
  },
);
