import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/**
 * Asks for secrets, one after the other. On a terminal nothing of them is shown; from a pipe each is a line, and what
 * is missing at its end is empty.
 */
export async function askSecrets(...questions: string[]): Promise<string[]> {
  const onTerminal = process.stdin.isTTY;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: onTerminal });
  const answers: string[] = [];
  try {
    const iterator = lines[Symbol.asyncIterator]();
    for (const question of questions) {
      if (onTerminal) process.stderr.write(question);
      const { value, done } = await iterator.next();
      answers.push(done === true ? '' : value.trim());
      if (onTerminal) process.stderr.write('\n');
    }
    return answers;
  } finally {
    lines.close();
  }
}

/** Asks whether to go on; the answer, on a terminal or from a pipe, is the word yes. */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin });
  try {
    process.stderr.write(`${question} Type yes to go on: `);
    const { value, done } = await lines[Symbol.asyncIterator]().next();
    return done !== true && value.trim() === 'yes';
  } finally {
    lines.close();
  }
}
