import { createInterface, type Interface } from 'node:readline/promises';
import { Writable, type Readable } from 'node:stream';
import { said, say } from './language.ts';

/** Somebody pressed Ctrl-C at a question, or the input ended there. Nothing of what they typed may be used. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Where questions are asked, and answered. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stderr: Pick<Writable, 'write'>;
}

/**
 * Asks for secrets, one after the other. On a terminal nothing of them is shown; from a pipe each is a line. An empty
 * line is an empty answer. Throws Interrupted.
 */
export async function askSecrets(
  questions: readonly string[],
  { stdin, stderr }: Terminal = process,
): Promise<string[]> {
  const terminal = stdin.isTTY === true;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal });
  const answers: string[] = [];
  const nextLine = lineReader(lines);
  try {
    for (const question of questions) {
      if (terminal) stderr.write(question);
      answers.push(await nextLine());
      if (terminal) stderr.write('\n');
    }
    return answers;
  } finally {
    lines.close();
  }
}

/** Asks whether to go on; the answer, on a terminal or from a pipe, is the word yes. Throws Interrupted. */
export async function confirm(question: string, { stdin, stderr }: Terminal = process): Promise<boolean> {
  const lines = createInterface({ input: stdin });
  try {
    stderr.write(say`${question} Type yes to go on: `);
    const answer = await lineReader(lines)();
    // Whoever types an answer has ended the line with it.
    if (stdin.isTTY !== true) stderr.write('\n');
    return answer === 'yes';
  } catch (error) {
    stderr.write('\n');
    throw error;
  } finally {
    lines.close();
  }
}

/** Reads line after line, without the blanks around it. Throws Interrupted where there is none. */
function lineReader(lines: Interface): () => Promise<string> {
  const iterator = lines[Symbol.asyncIterator]();
  let interrupted = false;
  // Without a listener readline takes Ctrl-C for the end of a line.
  lines.on('SIGINT', () => {
    interrupted = true;
    lines.close();
  });
  return async () => {
    const next = await iterator.next();
    if (interrupted) throw new Interrupted(said('Interrupted. Nothing was changed.'));
    if (next.done === true) {
      throw new Interrupted(said('The input ended before all answers. Nothing was changed.'));
    }
    return next.value.trim();
  };
}
