/**
 * The address, if its origin is exactly one of the allowed ones; undefined if not. Parsed as browsers parse it, and handed back in the parser's own spelling, so that both see the same address.
 */
export function allowedAddress(address: string, allowedOrigins: readonly string[]): string | undefined {
  // Browsers drop or turn around these before they parse; nobody needs them in an address.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(address) || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (!isWeb || url.username !== '' || url.password !== '') return undefined;
  return isAllowedOrigin(url.origin, allowedOrigins) ? url.href : undefined;
}

/**
 * Whether a page at that address, in the page's own spelling, is of one of the allowed origins. Behind its path it may
 * have backslashes: browsers leave them there as they are. Such an address is not one to send a browser to.
 */
export function isAllowedPage(address: string, allowedOrigins: readonly string[]): boolean {
  return allowedAddress(address.replace(/(?<=[?#].*)\\/g, ''), allowedOrigins) !== undefined;
}

/**
 * Stands for every port of this machine. Only the local stack gives it to its account: the operator's commands take exact
 * origins.
 */
export const anyLocalhost = 'http://localhost:*';

/** Whether the origin is one of the allowed ones. */
export function isAllowedOrigin(origin: string, allowedOrigins: readonly string[]): boolean {
  if (allowedOrigins.includes(origin)) return true;
  return allowedOrigins.includes(anyLocalhost) && /^http:\/\/localhost(:\d{1,5})?$/.test(origin);
}
