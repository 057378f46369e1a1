import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { posix } from 'node:path';
import { LinkChecker, LinkState } from 'linkinator';
import { siteFolder } from './places.ts';

// Goes through the built site as a reader would, from its first page. Fails where a link within it leads to no page or
// to no heading, where a page loads something from elsewhere, and where it shows the text of a drawing as code. Whether
// the rest of the internet is there is not asked.

const problems = [...(await brokenLinks()), ...(await faultsOfFiles())];
for (const problem of problems) console.error(problem);
console.log(`${problems.length} problems in ${siteFolder}.`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function brokenLinks(): Promise<string[]> {
  let origin: string | undefined;
  const { links } = await new LinkChecker().check({
    path: siteFolder,
    recurse: true,
    checkFragments: true,
    checkCss: true,
    // On a busy machine a connection may fail, which says nothing of the page.
    retryErrors: true,
    linksToSkip: (link) => {
      // The first address is that of the server which shows the folder.
      origin ??= new URL(link).origin;
      return Promise.resolve(!link.startsWith(`${origin}/`));
    },
  });
  return links
    .filter(({ state }) => state === LinkState.BROKEN)
    .map(({ url, parent = '', status }) => `${parent} leads to ${url} (${status ?? 'no answer'}).`);
}

async function faultsOfFiles(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob('**/*.{html,css}', { cwd: siteFolder })) {
    const text = readFileSync(posix.join(siteFolder, file), 'utf8');
    const loads = text.matchAll(
      /<(?:script|img|iframe|source)\b[^>]*\bsrc="(https?:[^"]+)|<link\b[^>]*\bhref="(https?:[^"]+)|url\(["']?(https?:[^)]+)/g,
    );
    for (const [, source, link, url] of loads) found.push(`${file} loads ${source ?? link ?? url ?? ''}.`);
    if (text.includes('class="language-mermaid')) found.push(`${file} shows the text of a drawing as code.`);
  }
  return found;
}
