import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { wordsOf } from '../../site/search.ts';

test('Chinese is found by pairs of characters, and everything else by words', () => {
  expect(wordsOf('刷新 access_token，再试')).toEqual(['刷新', 'access_token', '再试']);
  expect(wordsOf("errcode 40164: it's not allowed")).toEqual([
    'errcode',
    '40164',
    'it',
    's',
    'not',
    'allowed',
  ]);
});

test('the function needs nothing around it, since its text is what the page gets', () => {
  const alone = runInNewContext(`(${wordsOf.toString()})`) as typeof wordsOf;
  expect(alone('换取到 token 值')).toEqual(['换取', '取到', 'token', '值']);
});
