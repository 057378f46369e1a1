import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import * as z from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  repository: z
    .union([z.string().transform((url) => ({ url })), z.object({ url: z.string() })])
    .default({ url: '' }),
  author: z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]).optional(),
});

/** The folders of the packages from which something is bundled, such as `node_modules/zod`. */
export function packagesIn(inputs: Iterable<string>): string[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].sort();
}

/** What esbuild has put into the outputs: sources of which nothing is left do not count. */
export function inputsOf({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
}

/**
 * What the licences ask to be handed on: name, version and licence of each package, with the text of its licence and its
 * notice. Texts that several share stand once. A package without a text has that of another one of the same licence and
 * repository, or that of the MIT licence with its author; throws where it is neither.
 *
 * @param folders of the packages, below the project
 */
export function noticesOf(folders: readonly string[]): string {
  const packages = folders.map((folder) => ({ ...aboutOf(folder), text: textOf(folder) }));
  const byText = new Map<string, Set<string>>();
  for (const { name, version, license, repository, author, text } of packages) {
    const sibling = packages.find(
      (other) => other.text && other.license === license && other.repository.url === repository.url,
    );
    const known = text ?? sibling?.text ?? (license === 'MIT' && author ? mitOf(author) : undefined);
    if (known === undefined) throw new Error(`${name} has no text of its licence.`);
    byText.set(known, (byText.get(known) ?? new Set()).add(`- ${name} ${version} (${license})`));
  }
  const parts = [...byText].map(([text, names]) => `${[...names].join('\n')}\n\n\`\`\`text\n${text}\n\`\`\``);
  return `# Third-party software\n\nThis package contains code of the packages below, under these licences.\n\n${parts.join('\n\n')}\n`;
}

function aboutOf(folder: string): z.infer<typeof packageSchema> {
  return packageSchema.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));
}

function textOf(folder: string): string | undefined {
  const path = join(root, folder);
  const names = readdirSync(path);
  const texts = [/^licen[cs]e/i, /^notice/i].flatMap((pattern) =>
    names.filter((name) => pattern.test(name)).map((name) => readFileSync(join(path, name), 'utf8').trim()),
  );
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

/** The text of the MIT licence, which is that of this project, too. */
function mitOf(author: string): string {
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  return own.replace(/^Copyright .*$/m, `Copyright (c) ${author}`);
}
