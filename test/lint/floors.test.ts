import { expect, test } from '@jest/globals';
import { ESLint } from 'eslint';

const eslint = new ESLint({
  cwd: new URL('../..', import.meta.url).pathname,
  // These rules need no types, which take half a minute to read.
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
  ruleFilter: ({ ruleId }) => ruleId.startsWith('import-x/'),
});

/** The rules that a file breaks which would have that text. */
async function broken(filePath: string, text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

test('a room imports from those below it', async () => {
  const text = "export { chinaDay } from '../wechat/quota-day.ts';";
  expect(await broken('shared/usage/limits.ts', text)).toEqual([]);
});

test.each([
  ['shared/wechat/quota-day.ts', "export { dailyLimit } from '../usage/limits.ts';"],
  ['shared/wechat/quota-day.ts', "export type { Account } from '../accounts/accounts.ts';"],
  ['shared/followers/mirror/counts.ts', "export { Checkpoints } from '../sync/checkpoint.ts';"],
  ['shared/http/problem.ts', "export { routes } from '../../functions/routes.ts';"],
])('%s may not say %s', async (filePath, text) => {
  expect(await broken(filePath, text)).toEqual(['import-x/no-restricted-paths']);
});

test('two files may not import each other', async () => {
  // error-code.ts imports errors.ts.
  expect(await broken('shared/wechat/errors.ts', "export { errorCode } from './error-code.ts';")).toEqual([
    'import-x/no-cycle',
  ]);
});
