/**
 * The address of a picture, ready for a page. Undefined where it is none: WeChat has sent `/0`, a size without a picture,
 * and what a page makes of an address that is no http is not up to WeChat. Its own hosts serve https, too.
 */
export function pictureUrl(address: string): string | undefined {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined;
  if (/(?:^|\.)qlogo\.cn$/.test(url.hostname)) url.protocol = 'https:';
  return url.href;
}
