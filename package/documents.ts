import { posix } from 'node:path';

/** Where files of a version can be read that the package has not: a repository on GitHub, `owner/name`. */
export interface Published {
  readonly repository: string;
  readonly version: string;
}

/** What the package has in another place. */
const moved: Readonly<Record<string, string>> = { 'docs/openapi.json': 'reference/openapi.json' };

/**
 * A document as the package has it. Its links to what is not in the package lead to the repository. Where that is not
 * known, they are their text alone, and pictures are left out.
 *
 * @param page its path in the package
 * @param has whether the package has the file or the folder of this path
 */
export function documentInPackage(
  text: string,
  page: string,
  has: (path: string) => boolean,
  published?: Published,
): string {
  const folder = posix.dirname(page);
  /** The address with which `page` reaches it, or `undefined` for nowhere. */
  const reach = (address: string, as: 'blob' | 'raw'): string | undefined => {
    const [, to = '', heading = ''] = /^([^#]*)(.*)$/.exec(address) ?? [];
    if (to === '' || /^[a-z]+:/.test(to)) return address;
    const path = posix.join(folder, to);
    const here = moved[path] ?? path;
    if (has(here)) return here === path ? address : posix.relative(folder, here) + heading;
    if (published === undefined) return undefined;
    return `https://github.com/${published.repository}/${as}/v${published.version}/${path}${heading}`;
  };
  const mend = (prose: string): string =>
    prose
      .replaceAll(/!\[([^\]]*)\]\(([^()\s]+)\)\n*/g, (picture, _alt: string, address: string) => {
        const reached = reach(address, 'raw');
        return reached === undefined ? '' : picture.replace(address, reached);
      })
      .replaceAll(/<img\s[^>]*src="([^"]+)"[^>]*>\n*/g, (picture, address: string) => {
        const reached = reach(address, 'raw');
        return reached === undefined ? '' : picture.replace(address, reached);
      })
      .replaceAll(
        /(?<!!)\[((?:`[^`]*`|[^\][`])+)\]\(([^()\s]+)\)/g,
        (_link, words: string, address: string) => {
          const reached = reach(address, 'blob');
          return reached === undefined ? words : `[${words}](${reached})`;
        },
      );
  return text
    .split(/(^ *```.*?^ *```$)/ms)
    .map((part, index) => (index % 2 === 1 ? part : mend(part)))
    .join('');
}
