import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import * as table from '../../cli/command-table.ts';
import type { Command } from '../../cli/command.ts';
import { completionScript } from '../../cli/completion.ts';

const commands: readonly Command[] = Object.values(table);

/** What has been typed when the key is pressed, and what is offered then. */
const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['keyring acc', ['account']],
  ['keyring account set', ['set', 'set-mode', 'set-push']],
  ['keyring usage default --d', ['--day']],
  ['keyring --stage prod usage default --d', ['--day']],
  ['keyring account add wx --mode ', ['stable', 'classic']],
  ['keyring account add wx --mode=c', ['classic']],
  ['keyring account add wx --name status --mod', ['--mode']],
  ['keyring account set-mode default s', ['stable']],
  ['keyring completion ', ['bash', 'zsh']],
  ['keyring followers export default --out ', []],
  ['keyring nonsense --da', []],
];

function run(shell: string, script: string): string[] {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '');
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

describe('the completion of bash', () => {
  function offered(line: string): string[] {
    return run(
      'bash',
      `${completionScript('bash', commands, 'keyring')}
COMP_LINE=${quote(line)} COMP_POINT=${line.length}
_keyring
printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
  }

  test.each(cases)('of %j is %j', (line, words) => {
    expect(offered(line)).toEqual(words);
  });

  test('replaces only what comes after a colon, which ends a word for bash', () => {
    expect(offered('keyring key create --scope token:r')).toEqual(['read']);
  });

  test('is set up for keyring by sourcing the script', () => {
    const script = `source <(cat <<'END'\n${completionScript('bash', commands, 'keyring')}\nEND\n)\ncomplete -p keyring`;
    expect(run('bash', script)).toEqual(['complete -o default -F _keyring keyring']);
  });

  test('completes the command of the package under its name', () => {
    const script = `${completionScript('bash', commands, 'wechat-keyring')}
COMP_LINE='wechat-keyring key s' COMP_POINT=20
_wechat-keyring
printf '%s\\n' "\${COMPREPLY[@]}"
complete -p wechat-keyring`;
    expect(run('bash', script)).toEqual(['set', 'complete -o default -F _wechat-keyring wechat-keyring']);
  });
});

const zsh = spawnSync('zsh', ['-c', 'true']).status === 0 ? describe : describe.skip;

zsh('the completion of zsh', () => {
  /** The functions of zsh's completion that the script calls, as far as they matter here. */
  const standIns = `compdef() { print -r -- "compdef $*" }
compset() { current=\${current#*=} }
_files() { }
_describe() {
  local each
  for each in $candidates; do
    each=\${\${each//\\\\:/;}%%:*}
    [[ \${each//;/:} == $current* ]] && print -r -- \${each//;/:}
  done
  return 0
}`;

  function offered(line: string): string[] {
    return run(
      'zsh',
      `${standIns}
${completionScript('zsh', commands, 'keyring')} >/dev/null
words=("\${(@s: :)\${:-${line}}}") CURRENT=\${#words}
_keyring`,
    );
  }

  test.each(cases)('of %j is %j', (line, words) => {
    expect(offered(line)).toEqual(words);
  });

  test('has scopes whole, with their colon', () => {
    expect(offered('keyring key create --scope token:r')).toEqual(['token:read']);
  });

  test('is set up for keyring by sourcing the script', () => {
    expect(run('zsh', `${standIns}\n${completionScript('zsh', commands, 'keyring')}`)).toEqual([
      'compdef _keyring keyring',
    ]);
  });

  test('completes the command of the package under its name', () => {
    const script = `${standIns}
${completionScript('zsh', commands, 'wechat-keyring')}
words=(wechat-keyring key s) CURRENT=3
_wechat-keyring`;
    expect(run('zsh', script)).toEqual(['compdef _wechat-keyring wechat-keyring', 'set']);
  });
});
