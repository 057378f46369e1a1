import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks for a secret. On a terminal nothing of it is shown; from a pipe the first line is taken. */
export async function askSecret(question: string): Promise<string> {
  const onTerminal = process.stdin.isTTY;
  if (onTerminal) process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: onTerminal });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    if (onTerminal) process.stderr.write('\n');
  }
}
