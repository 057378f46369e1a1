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
  return allowedOrigins.includes(url.origin) ? url.href : undefined;
}
