import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { pages, root } from '../../site/places.ts';

// Outside of a browser it cleans nothing, and lacks what Mermaid asks of it while it reads.
jest.unstable_mockModule('dompurify', () => ({
  default: { addHook: () => undefined, sanitize: (text: string) => text },
}));
const { default: mermaid } = await import('mermaid');

const drawings = pages.flatMap((page) => {
  const text = readFileSync(posix.join(root, page), 'utf8');
  return [...text.matchAll(/^```mermaid\n(.*?)^```$/gms)].map(([, drawing = '']) => ({ page, drawing }));
});

test.each(drawings)('Mermaid reads the drawing of $page', async ({ drawing }) => {
  await expect(mermaid.parse(drawing)).resolves.toMatchObject({ diagramType: expect.any(String) });
});
