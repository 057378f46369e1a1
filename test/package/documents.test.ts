import { describe, expect, test } from '@jest/globals';
import { documentInPackage } from '../../package/documents.ts';

const files = ['README.md', 'docs/package.md', 'docs/zh/package.md', 'reference/openapi.json'];
const has = (path: string) => files.includes(path);
const published = { repository: 'owner/keyring', version: '1.2.3' };

describe('a document of the package', () => {
  test('keeps its links to what the package has, to headings and to the web', () => {
    const text =
      '[a](../package.md#in-your-tests), [b](#here), [c](https://example.com/x.md), [d](../../README.md)';
    expect(documentInPackage(text, 'docs/zh/package.md', has, published)).toBe(text);
  });

  test('leads to the repository for what the package has not', () => {
    const text = 'See [an `index.ts`](../shared/index.ts#L1) and [the\nreasons](adr/0001-x.md).';
    expect(documentInPackage(text, 'docs/package.md', has, published)).toBe(
      'See [an `index.ts`](https://github.com/owner/keyring/blob/v1.2.3/shared/index.ts#L1) and [the\nreasons](https://github.com/owner/keyring/blob/v1.2.3/docs/adr/0001-x.md).',
    );
  });

  test('shows its pictures from the repository', () => {
    const text = '![The console](images/console.png)\n\n<img\n  src="images/wall.png"\n  alt="A wall">\n';
    expect(documentInPackage(text, 'docs/package.md', has, published)).toBe(
      '![The console](https://github.com/owner/keyring/raw/v1.2.3/docs/images/console.png)\n\n<img\n  src="https://github.com/owner/keyring/raw/v1.2.3/docs/images/wall.png"\n  alt="A wall">\n',
    );
  });

  test('has neither such links nor pictures where no repository is known', () => {
    const text = 'Before, with [reasons](adr/0001-x.md).\n\n![The console](images/console.png)\n\nAfter.\n';
    expect(documentInPackage(text, 'docs/package.md', has)).toBe('Before, with reasons.\n\nAfter.\n');
  });

  test('finds what the package has in another place', () => {
    expect(documentInPackage('[all](../openapi.json)', 'docs/zh/package.md', has)).toBe(
      '[all](../../reference/openapi.json)',
    );
  });

  test('keeps its code as it is', () => {
    const text = 'Say\n\n   ```js\n   x[0](../nowhere.ts)\n   ```\n\nor [x](../nowhere.ts)\n';
    expect(documentInPackage(text, 'docs/package.md', has)).toBe(
      'Say\n\n   ```js\n   x[0](../nowhere.ts)\n   ```\n\nor x\n',
    );
  });
});
