import { fileURLToPath } from 'node:url';
import { bundlePage, type BundledPage } from './bundle-page.ts';

/** Bundles the web client from its sources. Throws esbuild's BuildFailure when it does not compile. */
export function webFiles(): Promise<BundledPage> {
  // For the browsers of phones some years old, WeChat's own among them.
  return bundlePage(fileURLToPath(new URL('../web', import.meta.url)), 'main.ts', {
    target: ['es2020', 'chrome80'],
  });
}
