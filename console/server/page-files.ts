import { fileURLToPath } from 'node:url';
import { bundlePage, type BundledPage } from '../../local/bundle-page.ts';

/** Bundles the page from its sources. Throws esbuild's BuildFailure when it does not compile. */
export function pageFiles(): Promise<BundledPage> {
  return bundlePage(fileURLToPath(new URL('../page', import.meta.url)), 'main.tsx', {
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
}
