/**
 * The address to return to after a login, if it is one of the allowed origins exactly; undefined if not. Parsed as
 * browsers parse it, and handed back in the parser's own spelling, so that both see the same address.
 */
export function allowedReturn(returnTo: string, allowedOrigins: readonly string[]): string | undefined {
  // Browsers drop or turn around these before they parse; nobody needs them in an address.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(returnTo) || !URL.canParse(returnTo)) return undefined;
  const url = new URL(returnTo);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (!isWeb || url.username !== '' || url.password !== '') return undefined;
  return allowedOrigins.includes(url.origin) ? url.href : undefined;
}
