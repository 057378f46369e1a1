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

test('secrets from a pipe are lines, without questions, and what is missing at the end is empty', async () => {
  const terminal = terminalOf(false);
  terminal.stdin.end('aToken\n');
  expect(await askSecrets(questions, terminal)).toEqual(['aToken', '']);
  expect(terminal.shown).toEqual([]);
});

test('Ctrl-C at a question is no empty answer: an empty key would mean pushes in the clear', async () => {
  const terminal = terminalOf(true);
  terminal.stdin.write('aToken\r\u0003');
  await expect(askSecrets(questions, terminal)).rejects.toMatchObject({ name: 'Interrupted' });
});

test.each([
  ['yes\n', true],
  ['y\n', false],
  ['', false],
])('the answer %j to whether to go on is %j', async (typed, goesOn) => {
  const terminal = terminalOf(false);
  terminal.stdin.end(typed);
  expect(await confirm('Go on?', terminal)).toBe(goesOn);
});
