import { existsSync } from 'node:fs';
import { join, normalize, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { texts } from '../../cli/chinese.ts';
import { failureInChinese } from '../../shared/credentials/chinese.ts';
import { anchorsOf, codeBlocksOf, headingsOf, pages, proseOf, root, textOf } from './documents.ts';

test.each(pages)('every link in %s leads to a file, and to a heading that is there', (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, link = '', source = '']) => link || source,
  );
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(page, '..', path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && pages.includes(target) && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

/** Each page that there is in both languages. */
const pairs = pages
  .filter((page) => page.startsWith('docs/zh/') || page.endsWith('.zh-CN.md'))
  .map((page): [english: string, chinese: string] => [
    page.replace('docs/zh/', 'docs/').replace('.zh-CN.md', '.md'),
    page,
  ]);

describe.each(pairs)('%s and %s', (english, chinese) => {
  const inBoth = (read: (page: string) => unknown) => [read(english), read(chinese)];

  test('lead to each other', () => {
    const [links, back] = [english, chinese].map((page) => textOf(page).split('\n').slice(0, 4).join('\n'));
    expect(links).toContain(`](${posix.relative(posix.dirname(english), chinese)})`);
    expect(back).toContain(`](${posix.relative(posix.dirname(chinese), english)})`);
  });

  test('are met in Chinese by those who follow a link of a Chinese page', () => {
    const leading = pairs.map(([, page]) => page).filter((page) => linksOf(page).includes(english));
    expect(leading).toEqual([]);
  });

  test('have headings of the same levels', () => {
    const [one, other] = inBoth((page) => headingsOf(page).map((heading) => /^#+/.exec(heading)?.[0]));
    expect(other).toEqual(one);
  });

  test('have the same code, but for drawings and what is said in them', () => {
    const [one, other] = inBoth((page) =>
      codeBlocksOf(page).map((block) => (/^ *```\w/.test(block) ? block : '')),
    );
    expect(other).toEqual(one);
  });

  test('have tables of the same size', () => {
    const [one, other] = inBoth((page) =>
      [...textOf(page).matchAll(/(?:^ *\|.*\n)+/gm)].map(([table]) => table.trim().split('\n').length),
    );
    expect(other).toEqual(one);
  });

  test('name the same codes, commands and settings', () => {
    const [one, other] = inBoth((page) =>
      [
        ...new Set(
          [...proseOf(page).matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replaceAll(/\s+/g, ' ')),
        ),
      ]
        .filter((name) => /^[ -~…]+$/.test(name) && !saidByCommands.test(name))
        .toSorted(),
    );
    expect(other).toEqual(one);
  });

  test('name the same errcodes', () => {
    const [one, other] = inBoth((page) =>
      [
        ...new Set(
          [...proseOf(page).matchAll(/\b(?:4\d{4}|5000\d|61004|7600\d|7602\d|8950\d|48\d{3})\b/g)].map(
            String,
          ),
        ),
      ].toSorted(),
    );
    expect(other).toEqual(one);
  });
});

/** The pages to which a page leads, but for the one in the other language that its head names. */
function linksOf(page: string): string[] {
  const body = proseOf(page).split('\n').slice(4).join('\n');
  return [...body.matchAll(/\]\(([^)\s:#]+\.md)/g)].map(([, path = '']) =>
    posix.join(posix.dirname(page), path),
  );
}

/** What the command line says in the language of whoever runs it. */
const saidByCommands =
  /^(?:token usable|refresh failing|no usable token|Stage prod in|The local stack at|Deleted: |errors$|with an openid|without an answer|poisoned$|never came$)/;

test('docs/zh/followers.md says what `followers status` says in Chinese', () => {
  const [, ...faults] = /\| 故障.*?\n\n/s.exec(textOf('docs/zh/followers.md'))?.[0].split('\n') ?? [];
  const shown = faults.flatMap((row) => [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)]);
  expect(shown.length).toBeGreaterThan(5);
  const said = Object.values(texts).join('\n');
  expect(shown.map(([, text = '']) => text).filter((text) => !said.includes(text))).toEqual([]);
});

test('docs/zh/troubleshooting.md advises what the command line and the alarms advise in Chinese', () => {
  const adviceIn = (page: string) =>
    [...textOf(page).matchAll(/^\| [^|]*\d[^|]* \| `[a-z_]+` +\| (.*?) +\|$/gm)].map(
      ([, advice = '']) => advice,
    );
  const english = adviceIn('docs/troubleshooting.md');
  expect(english.length).toBeGreaterThan(20);
  expect(adviceIn('docs/zh/troubleshooting.md')).toEqual(english.map(failureInChinese));
});

test('docs/zh/runbook.md has the anchors of docs/runbook.md, to which the alarms lead', () => {
  const [, ...sections] = anchorsOf('docs/runbook.md');
  expect(anchorsOf('docs/zh/runbook.md')).toEqual(expect.arrayContaining(sections));
});
