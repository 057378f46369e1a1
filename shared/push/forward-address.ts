import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { KeyringError } from '../platform/errors.ts';
import { isPublicAddress } from '../platform/public-address.ts';

/** Where pushes may be forwarded. */
export interface ForwardRules {
  /** To this machine, too, where http will do. Never on AWS. @default false */
  readonly allowsLoopback?: boolean;
  /** All addresses of a host. @default those of the system's resolver */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

/**
 * The address as a URL, if it is one that pushes may go to by what it says: https and the name of a host, so that a
 * certificate proves who answers. Throws KeyringError `forward_refused`.
 */
export function forwardTarget(address: string, { allowsLoopback = false }: ForwardRules): URL {
  const url = URL.parse(address);
  if (!url || [url.username, url.password, url.hash].some((part) => part !== '')) {
    throw refused('Give an https address without a user, a password and a fragment.');
  }
  if (allowsLoopback && /^https?:$/.test(url.protocol) && isLoopbackName(url.hostname)) return url;
  if (url.protocol !== 'https:') throw refused('The address must begin with https://.');
  if (isIP(url.hostname) !== 0 || url.hostname.startsWith('[')) {
    throw refused('Give the name of a host: an IP address has no certificate that proves who answers.');
  }
  return url;
}

/**
 * Looks up the target's host, and takes it only where each of its addresses is of the internet: none of a private
 * network, of this machine, or of the metadata of a cloud. Throws KeyringError `forward_refused`.
 */
export async function requirePublicHost({ hostname }: URL, rules: ForwardRules): Promise<void> {
  const isLiteral = isIP(hostname) !== 0 || hostname.startsWith('[');
  // Only this machine is let through as a literal.
  if (!isLiteral) await allowedAddresses(hostname, rules);
}

/**
 * A lookup for a connection that gives only addresses that pushes may go to. So the address that was checked is the one
 * that is connected to, whatever the host's name leads to a moment later.
 */
export function guardedLookup(rules: ForwardRules): LookupFunction {
  return (hostname, _options, callback) => {
    allowedAddresses(hostname, rules).then(
      (addresses) => callback(null, [...addresses]),
      (error: unknown) => callback(error instanceof Error ? error : new Error('lookup'), []),
    );
  };
}

async function allowedAddresses(hostname: string, rules: ForwardRules): Promise<readonly LookupAddress[]> {
  const { allowsLoopback = false, resolve = resolveAll } = rules;
  let found: readonly LookupAddress[];
  try {
    found = await resolve(hostname);
  } catch (error) {
    throw refused(`The name ${hostname} could not be looked up.`, { cause: error });
  }
  const isAllowed = ({ address }: LookupAddress) =>
    isPublicAddress(address) || (allowsLoopback && /^127\.|^::1$/.test(address));
  if (found.length > 0 && found.every(isAllowed)) return found;
  throw refused(`The name ${hostname} leads to an address that is not on the internet.`);
}

function resolveAll(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true });
}

function isLoopbackName(hostname: string): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
}

function refused(detail: string, options?: ErrorOptions): KeyringError {
  return new KeyringError('forward_refused', detail, {}, options);
}
