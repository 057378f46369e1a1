import { routes } from '../functions/routes.ts';
import { entries, type Entry } from './permissions.ts';

/** How large a function that an HTTP request waits for may be, in KiB of minified code. */
export const mostKib = 250;

/** The functions that an HTTP request waits for: those of routes, and the authorizer in front of them. */
export const httpEntries: readonly Entry[] = entries.filter(
  (entry) => entry === 'access/authorize-key' || Object.values(routes).some((route) => route.entry === entry),
);
