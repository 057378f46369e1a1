import type { PageFiles } from '../../local/served-page.ts';
import { broughtPage } from './brought.ts';

/** The web client, which the package brings. */
export function webFiles(): Promise<PageFiles> {
  return broughtPage('web');
}
