import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes the types of libraries to the folder: one file each, `<name>.d.mts`, which imports nothing but Node's modules
 * and the packages in `external`; and the same as `<name>.d.cts`.
 */
export async function writeTypes(
  entries: Readonly<Record<string, string>>,
  folder: string,
  external: readonly RegExp[],
): Promise<void> {
  for (const [name, source] of Object.entries(entries)) {
    const made = await rollup({
      input: join(root, source),
      external: [/^node:/, ...external],
      plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
      onwarn: ({ message }) => {
        throw new Error(`${source}: ${message}`);
      },
    });
    const file = join(folder, `${name}.d.mts`);
    await made.write({ file, format: 'es' });
    await made.close();
    copyFileSync(file, join(folder, `${name}.d.cts`));
  }
}
