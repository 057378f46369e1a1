import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../docs', import.meta.url));
const fromHere = relative(process.cwd(), folder);

/** Where the package's documents are, as whoever runs it can open them: short where it is installed below. */
export const documents = fromHere.startsWith('..') ? folder : fromHere;
