import type { PageFiles } from '../../local/served-page.ts';
import { broughtPage } from './brought.ts';

/** The page of the console, which the package brings. */
export function pageFiles(): Promise<PageFiles> {
  return broughtPage('console');
}
