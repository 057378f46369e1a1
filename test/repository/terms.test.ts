import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Words that mean what another word of docs/glossary.md means. */
const others = {
  凭据: '凭证',
  粉丝: '关注者',
  您: '你',
  令牌: 'token',
  配额: '调用额度',
  帐号: '账号',
  密匙: 'key',
  吊销: '撤销',
  个人信息: '用户资料',
  问题文档: 'problem 文档',
  本地环境: '本地服务',
  管理命令: '运维命令',
  关注来源: '关注渠道',
};

const files = execFileSync('git', ['ls-files', '*.md', '*.ts', '*.html', '*.yml', '*.json'], { cwd: root })
  .toString()
  .trim()
  .split('\n')
  .filter((file) => file !== 'test/repository/terms.test.ts' && file !== 'package-lock.json');

test.each(Object.entries(others))('nothing Chinese says %s: the word is %s', (other) => {
  const saying = files.filter((file) => readFileSync(join(root, file), 'utf8').includes(other));
  expect(saying).toEqual([]);
});
