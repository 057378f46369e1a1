import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the built site stands. */
export const siteFolder = posix.join(root, 'dist/docs');

/** Each file of the repository, with those that are not committed yet, by its path from `root`. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n');

/** The Markdown files that are pages of the site. */
export const pages = files.filter(
  (file) => file.endsWith('.md') && !file.startsWith('.github/') && !file.includes('['),
);

/** Pages outside `docs/`, and where they stand on the site. */
const placesOutside: Readonly<Record<string, string>> = {
  'README.md': 'index',
  'README.zh-CN.md': 'zh/index',
  'CHANGELOG.md': 'changelog',
  'CONTRIBUTING.md': 'contributing',
  'SECURITY.md': 'security-policy',
  'SECURITY.zh-CN.md': 'zh/security-policy',
  'examples/README.md': 'examples',
  'examples/README.zh-CN.md': 'zh/examples',
};

/** What has a page that says more than the file itself. */
const betterPlaces: Readonly<Record<string, string>> = {
  'docs/openapi.json': '/api/',
  'docs/zh': '/zh/',
};

/** Where a Markdown file stands on the site: its path without `.md`. Throws an Error for one that has no place. */
export function placeOf(file: string): string {
  const path = file.replace(/\.md$/, '');
  const place = placesOutside[file] ?? /^(?:docs|site)\/(.+)$/.exec(path)?.[1];
  if (place === undefined)
    throw new Error(`${file} has no place on the site: give it one in site/places.ts.`);
  return place;
}

/** The name of a file of VitePress's own, `site/api/[area].md`, on the site. */
export function rewrite(file: string): string {
  return `${placeOf(file)}.md`;
}

/**
 * The address on the site for a link of a page, `../README.md#start` in `docs/broker.md`. What is no page is shown as a
 * page of the site, too. Links to elsewhere, within the page and from the site's root stay as they are. Throws an Error
 * for a link to a file that is not in the repository.
 */
export function addressOf(link: string, page: string): string {
  if (/^(?:[a-z][a-z+.-]*:|#|\/)/.test(link)) return link;
  const [, anchor] = link.split('#');
  const target = targetOf(link, page);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (pages.includes(target)) return `/${placeOf(target)}.html${hash}`.replace(/\/index\.html/, '/');
  if (!isThere(target)) throw new Error(`${page} has a link to ${link}, which is not there.`);
  return `${betterPlaces[target] ?? `/source/${sourcePlaceOf(target)}.html`}${hash}`;
}

/** What a file has as its name on the site that is no page. A dot would be taken for the end of a name. */
function sourcePlaceOf(path: string): string {
  return path.replaceAll('.', '-');
}

/** The file or folder to which a link of a page leads. */
function targetOf(link: string, page: string): string {
  const [path = ''] = link.split('#');
  return path === '' ? page : posix.join(posix.dirname(page), decodeURI(path)).replace(/\/$/, '');
}

function isThere(target: string): boolean {
  return files.includes(target) || files.some((file) => file.startsWith(`${target}/`));
}

/** A file or a folder of the repository that pages lead to. */
export interface Source {
  /** Where its page stands, below `/source/`. */
  readonly place: string;
  /** Its page, as Markdown. */
  readonly content: string;
}

/** Each file and folder that a page leads to and that is no page itself. */
export function sources(): Source[] {
  const targets = new Set(pages.flatMap((page) => linksOf(page).map((link) => targetOf(link, page))));
  return [...targets]
    .filter((path) => isThere(path) && !pages.includes(path) && !(path in betterPlaces))
    .toSorted()
    .map((path) => ({ place: sourcePlaceOf(path), content: sourcePage(path) }));
}

function linksOf(page: string): string[] {
  const prose = readFileSync(posix.join(root, page), 'utf8').replaceAll(/^ *```.*?^ *```$/gms, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

function sourcePage(path: string): string {
  const isFolder = statSync(posix.join(root, path)).isDirectory();
  const body = isFolder ? folder(path) : /\.(?:png|svg)$/.test(path) ? `![${path}](/${path})` : code(path);
  return `# ${path}\n\n${body}`;
}

function folder(path: string): string {
  return files
    .filter((file) => file.startsWith(`${path}/`))
    .map((file) => (pages.includes(file) ? `- [${titleOf(file)}](/${placeOf(file)}.html)` : `- \`${file}\``))
    .join('\n');
}

/** The text of a page's first heading. */
function titleOf(page: string): string {
  return /^# (.+)$/m.exec(readFileSync(posix.join(root, page), 'utf8'))?.[1] ?? page;
}

const languages: Readonly<Record<string, string>> = { '': 'text', '.mjs': 'js' };

function code(path: string): string {
  const text = readFileSync(posix.join(root, path), 'utf8');
  const extension = posix.extname(path);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${languages[extension] ?? extension.slice(1)}\n${text.trimEnd()}\n${fence}`;
}

/**
 * The id of a heading, as Git hosts make it, so that one link works in both places. `test/repository/documents.ts` has
 * the same for the links of the repository.
 */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}
