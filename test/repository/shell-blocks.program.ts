import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

// What a reader pastes from a document is read by the shell that they have: bash, or zsh on macOS. There a comment is
// none, `?` and `[` look for files, and `!` in double quotes is history. The commands themselves are stand-ins that
// record how they are called: what they do is tried elsewhere.

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Block {
  readonly place: string;
  readonly text: string;
}

const blocks = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .flatMap(blocksOf)
  .filter(({ text }, index, all) => all.findIndex((other) => other.text === text) === index);

/** The shell blocks of a page, and the commands in its text that are whole. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  const at = (index: number) => `${page}:${text.slice(0, index).split('\n').length}`;
  const fenced = [...text.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(
    ({ index, 1: indent = '', 2: body = '' }) => ({
      place: at(index),
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
  // A name in angle brackets stands for something.
  const inline = [...text.matchAll(/`((?:npm|npx|curl|aws) [^`<]+)`/g)].map(({ index, 1: line = '' }) => ({
    place: at(index),
    text: `${line.replaceAll(/\s+/g, ' ')}\n`,
  }));
  return [...fenced, ...inline];
}

/** Interactive, as on a terminal, but with nobody's own settings. */
const shells = {
  bash: ['--norc', '--noprofile', '--noediting', '-i'],
  // Without the mark that zsh puts after a line that has no end.
  zsh: ['-f', '-i', '+o', 'promptsp'],
} as const;
type Shell = keyof typeof shells;

/** What bash says because it has no terminal here. */
const noTerminal = /^bash: (?:cannot set terminal process group.*|no job control in this shell)\n/gm;

const standIns = ['npm', 'npx', 'curl', 'aws', 'gh', 'jq', 'awk', 'cp', 'python3', 'mvn'];
/** At home, as docs/operations.md has it. */
const standInForNode = 'wechat-keyring/node_modules/.bin';

let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyring-shell-'));
  const standIn = `#!/bin/sh\nprintf '%s\\037' "\${0##*/}" "$@" '\n' >>"$CALLS"\n`;
  await mkdir(join(home, standInForNode), { recursive: true });
  await mkdir(join(home, 'bin'));
  for (const name of standIns) writeFileSync(join(home, 'bin', name), standIn, { mode: 0o755 });
  writeFileSync(join(home, standInForNode, 'node'), standIn, { mode: 0o755 });
});

afterAll(() => rmSync(home, { recursive: true }));

interface Reading {
  /** Each command with its arguments. Those of a pipe begin in any order. */
  readonly calls: readonly (readonly string[])[];
  /** What the shell itself says. */
  readonly complaints: string;
}

/** Pastes lines into a shell. */
async function paste(shell: Shell, { text }: Block): Promise<Reading> {
  const folder = mkdtempSync(join(home, `${shell}-`));
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const child = spawn(shell, shells[shell], {
    cwd: folder,
    env: {
      PATH: `${join(home, 'bin')}:/usr/bin:/bin`,
      HOME: home,
      CALLS: calls,
      PS1: '',
      PS2: '',
      LC_ALL: 'C.UTF-8',
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(text);
  let complaints = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) complaints += String(chunk);
  return {
    calls: readFileSync(calls, 'utf8')
      .split('\n\u001F')
      .slice(0, -1)
      .toSorted()
      .map((call) => call.split('\u001F').slice(0, -1)),
    complaints: complaints.replaceAll(noTerminal, '').replace(/exit\n$/, ''),
  };
}

const known = Object.keys(shells) as Shell[];
// Who has no zsh tries bash alone. CI has both.
const here = known.filter((shell) => process.env['CI'] !== undefined || hasCommand(shell));

function hasCommand(name: string): boolean {
  return !spawnSync(name, ['-c', ':']).error;
}

/** How many lines begin with a command that has a stand-in. */
function commandLines({ text }: Block): number {
  return text.split('\n').filter((line) => standIns.some((name) => line.startsWith(`${name} `))).length;
}

test.each(blocks)(`$place is read as it is meant by ${here.join(' and ')}`, async (block) => {
  const [inBash, ...others] = await Promise.all(here.map((shell) => paste(shell, block)));

  expect(inBash?.complaints).toBe('');
  expect(inBash?.calls.length).toBeGreaterThanOrEqual(commandLines(block));
  for (const other of others) expect(other).toEqual(inBash);
});
