import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { askSecrets, confirm } from '../../cli/prompt.ts';

/** A terminal at which somebody types; what it shows is in `shown`. */
function terminalOf(isTTY: boolean) {
  const shown: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const stderr = {
    write: (text: string) => {
      shown.push(text);
      return true;
    },
  };
  return { stdin, stderr, shown };
}

const questions = ['Token: ', 'EncodingAESKey: '];

test('secrets are asked for one after the other on a terminal, which does not show them', async () => {
  const terminal = terminalOf(true);
  terminal.stdin.write('aToken\raKey\r');
  expect(await askSecrets(questions, terminal)).toEqual(['aToken', 'aKey']);
  expect(terminal.shown).toEqual(['Token: ', '\n', 'EncodingAESKey: ', '\n']);
});

test('secrets from a pipe are lines, without questions, and an empty line is an empty answer', async () => {
  const terminal = terminalOf(false);
  terminal.stdin.end('aToken\n\n');
  expect(await askSecrets(questions, terminal)).toEqual(['aToken', '']);
  expect(terminal.shown).toEqual([]);
});

test('the last secret from a pipe needs no line break', async () => {
  const terminal = terminalOf(false);
  terminal.stdin.end('aToken\naKey');
  expect(await askSecrets(questions, terminal)).toEqual(['aToken', 'aKey']);
});

test.each([
  ['Ctrl-C at the second question', true, 'aToken\r\u0003'],
  ['Ctrl-C in the middle of an answer', true, 'aToken\raK\u0003'],
  ['Ctrl-D at the first question', true, '\u0004'],
  ['Ctrl-D at the second question', true, 'aToken\r\u0004'],
])('%s is no empty answer: an empty key would mean pushes in the clear', async (_, isTTY, typed) => {
  const terminal = terminalOf(isTTY);
  terminal.stdin.write(typed);
  await expect(askSecrets(questions, terminal)).rejects.toMatchObject({ name: 'Interrupted' });
});

test.each(['', 'aToken\n', 'aToken'])(
  'a pipe that ends too soon, after %j, answers nothing',
  async (sent) => {
    const terminal = terminalOf(false);
    terminal.stdin.end(sent);
    await expect(askSecrets(questions, terminal)).rejects.toMatchObject({ name: 'Interrupted' });
  },
);

test.each([
  ['yes\n', true],
  ['yes', true],
  ['y\n', false],
  ['\n', false],
])('the answer %j to whether to go on is %j', async (typed, goesOn) => {
  const terminal = terminalOf(false);
  terminal.stdin.end(typed);
  expect(await confirm('Go on?', terminal)).toBe(goesOn);
});

test('an input that ends instead of an answer to whether to go on is an interruption', async () => {
  const terminal = terminalOf(false);
  terminal.stdin.end();
  await expect(confirm('Go on?', terminal)).rejects.toMatchObject({ name: 'Interrupted' });
});

test('what follows a question whose answer nobody sees begins on a line of its own', async () => {
  const [piped, ended] = [terminalOf(false), terminalOf(true)];
  piped.stdin.end('yes\n');
  ended.stdin.end();
  await confirm('Go on?', piped);
  await confirm('Go on?', ended).catch(() => undefined);
  expect([piped.shown.at(-1), ended.shown.at(-1)]).toEqual(['\n', '\n']);
});
