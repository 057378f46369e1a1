import { describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { readCommandLine } from '../../cli/command-line.ts';
import * as table from '../../cli/command-table.ts';
import type { Command, Session } from '../../cli/command.ts';
import { optionsOf } from '../../cli/common-options.ts';
import { help } from '../../cli/help.ts';
import * as adminTable from '../../functions/admin/command-table.ts';

const commands: readonly Command[] = Object.values(table);

const aesKey = 'k'.repeat(43);

/** Runs a command line up to where it would be sent. Secrets and confirmations are given where they are asked for. */
async function sentBy(...args: string[]): Promise<unknown[]> {
  const sent: unknown[] = [];
  const session: Session = {
    where: 'local',
    place: () => Promise.resolve('Nowhere.'),
    json: false,
    commands,
    sendRaw: () => Promise.reject(new Error('No command of these sends what it does not know.')),
    send: (command, members) => {
      sent.push({ command: command.name, ...members });
      const problem = { code: 'not_asked', title: 'This is where the test ends.' };
      return Promise.resolve({ ok: false, problem });
    },
    askSecrets: (questions) =>
      Promise.resolve(questions.map((question) => (question === 'EncodingAESKey: ' ? aesKey : 'secret0'))),
    confirm: () => Promise.resolve(true),
    print: () => undefined,
    tell: () => undefined,
  };
  const request = readCommandLine(args, commands);
  if (request.kind !== 'run') throw new Error('Help is not a command.');
  await request.command.prepare(request.given)(session);
  return sent;
}

const appId = 'wxabcdefabcdefabcd';

describe('a command line that is right', () => {
  test.each<[string, object]>([
    ['account show default', { command: 'account.show', account: 'default' }],
    ['account list', { command: 'status' }],
    ['status', { command: 'status' }],
    ['status --check', { command: 'status' }],
    ['refresh default', { command: 'refresh', account: 'default' }],
    ['account set-mode default classic', { command: 'account.set', account: 'default', mode: 'classic' }],
    [
      'account rotate-secret default',
      { command: 'account.rotate-secret', account: 'default', secret: 'secret0' },
    ],
    [
      'account set-push default',
      { command: 'account.set-push', account: 'default', pushToken: 'secret0', encodingAesKey: aesKey },
    ],
    [
      'account set-push default --forward https://backend.example.com/wechat',
      { command: 'account.set-push', account: 'default', forward: 'https://backend.example.com/wechat' },
    ],
    [
      'account set-push default --no-forward',
      { command: 'account.set-push', account: 'default', forward: null },
    ],
    ['account remove default --yes', { command: 'account.remove', account: 'default' }],
    ['account days default', { command: 'account.days', account: 'default', days: 14 }],
    ['account days default --days 366', { command: 'account.days', account: 'default', days: 366 }],
    ['account history default', { command: 'account.history', account: 'default' }],
    ['usage days default --days 3', { command: 'usage.days', account: 'default', days: 3 }],
    ['usage default --by key', { command: 'usage', account: 'default', by: 'key' }],
    [
      'key create --name shop --scope dropin:proxy --path /cgi-bin/message/* --path /cgi-bin/user/get --daily-limit 100',
      {
        command: 'key.create',
        name: 'shop',
        scopes: ['dropin:proxy'],
        accounts: '*',
        paths: ['/cgi-bin/message/*', '/cgi-bin/user/get'],
        dailyLimit: 100,
      },
    ],
    ['usage default --day 2026-11-29', { command: 'usage', account: 'default', day: '2026-11-29' }],
    [
      'quota get default /cgi-bin/user/get',
      { command: 'quota.get', account: 'default', path: '/cgi-bin/user/get' },
    ],
    ['quota clear default --yes', { command: 'quota.clear', account: 'default' }],
    ['user expiring default', { command: 'user.expiring', account: 'default', days: 7 }],
    ['user erase default oUser', { command: 'user.erase', account: 'default', openid: 'oUser' }],
    ['user export default oUser', { command: 'user.export', account: 'default', openid: 'oUser' }],
    ['data-key rotate', { command: 'data-key.rotate' }],
    ['signing-key rotate', { command: 'signing-key.rotate' }],
    ['key list', { command: 'key.list' }],
    [
      'key set 3f0c9a1b2d4e --daily-limit 100 --path /cgi-bin/user/get --account default',
      {
        command: 'key.set',
        keyId: '3f0c9a1b2d4e',
        dailyLimit: 100,
        paths: ['/cgi-bin/user/get'],
        accounts: ['default'],
      },
    ],
    [
      'key set 3f0c9a1b2d4e --no-daily-limit --all-paths --all-accounts',
      { command: 'key.set', keyId: '3f0c9a1b2d4e', dailyLimit: null, paths: null, accounts: '*' },
    ],
    ['key set 3f0c9a1b2d4e --all-paths', { command: 'key.set', keyId: '3f0c9a1b2d4e', paths: null }],
    ['key revoke 3f0c9a1b2d4e', { command: 'key.revoke', keyId: '3f0c9a1b2d4e' }],
    ['followers sync default --force', { command: 'followers.sync', account: 'default', force: true }],
    ['followers status default --wait', { command: 'followers.status', account: 'default' }],
    [
      'followers list default',
      { command: 'followers.export', account: 'default', order: 'newest', limit: 20 },
    ],
    [
      'followers list default --limit 5 --order oldest',
      { command: 'followers.export', account: 'default', order: 'oldest', limit: 5 },
    ],
    ['followers pause default', { command: 'followers.pause', account: 'default' }],
    ['followers resume default', { command: 'followers.resume', account: 'default' }],
  ])('sends one command: %s', async (line, command) => {
    expect(await sentBy(...line.split(' '))).toEqual([command]);
  });

  test('has its options anywhere, also before the words and with an equals sign', async () => {
    const line = [
      '--stage',
      'staging',
      'key',
      '--name=shop',
      'create',
      '--scope',
      'token:read',
      '--account',
      'default',
    ];
    expect(await sentBy(...line)).toEqual([
      { command: 'key.create', name: 'shop', scopes: ['token:read'], accounts: ['default'] },
    ]);
  });

  test('sends every setting of a new account', async () => {
    const line =
      '--mode classic --origin https://a.example.com --origin https://b.example.com --domain-file aB1 --domain-file MP_verify_cD2.txt ' +
      '--mint-budget 7 --daily-limit /cgi-bin/user/get=1000 --session-idle 2 --session-life 720 --sync list --sync-share 100';
    expect(await sentBy('account', 'add', appId, ...line.split(' '))).toEqual([
      {
        command: 'account.add',
        account: appId,
        name: appId,
        mode: 'classic',
        secret: 'secret0',
        allowedOrigins: ['https://a.example.com', 'https://b.example.com'],
        domainFiles: ['aB1', 'cD2'],
        mintBudget: 7,
        dailyLimits: { '/cgi-bin/user/get': 1000 },
        sessionIdleSeconds: 7200,
        sessionSeconds: 2_592_000,
        sync: 'list',
        syncShare: 100,
      },
    ]);
  });

  test('leaves the settings that are not named as they are', async () => {
    expect(await sentBy('account', 'set', 'default', '--sync', 'off')).toEqual([
      { command: 'account.set', account: 'default', sync: 'off' },
    ]);
  });
});

describe('a command line that is wrong', () => {
  test.each([
    // Of another command, or of none.
    [
      'usage default --days 3',
      'usage does not know the option --days, which belongs to: account days, usage days, user expiring.',
    ],
    [
      'account set default --lender https://a.example.com',
      'account set does not know the option --lender, which belongs to: account add.',
    ],
    ['followers pause default --wait', 'followers pause does not know the option --wait'],
    ['status --colour', /^status does not know the option --colour\.$/],
    ['status -x', 'status does not know the option -x.'],
    ['status --constructor', 'status does not know the option --constructor.'],
    ['completion bash --json', 'completion does not know the option --json.'],
    [`account add ${appId} --secret hush`, 'account add does not know the option --secret.'],
    // Twice.
    ['account set default --name a --name b', 'account set takes --name once, and it is given twice.'],
    ['status --stage a --stage b', 'status takes --stage once'],
    ['quota clear default --yes --yes', 'quota clear takes --yes once'],
    // Values.
    ['usage default --day', 'usage needs a value for --day: --day <yyyy-mm-dd>.'],
    [
      'usage default --day --json',
      'usage needs a value for --day; one that begins with a dash is said as --day=',
    ],
    ['quota clear default --yes=no', 'quota clear takes no value for --yes.'],
    ['usage default --day today', '--day is a day'],
    ['account set-push default --forward backend.example.com', '--forward is an address such as https://'],
    [
      'account set-push default --forward https://backend.example.com/ --no-forward',
      '--forward and --no-forward contradict each other.',
    ],
    [
      'key set 3f0c9a1b2d4e --daily-limit 5 --no-daily-limit',
      '--daily-limit and --no-daily-limit contradict each other.',
    ],
    [
      'key set 3f0c9a1b2d4e --account default --all-accounts',
      '--account and --all-accounts contradict each other.',
    ],
    ['account days default --days 367', '--days is a whole number from 1 to 366.'],
    ['usage days default --days 15', '--days is a whole number from 1 to 14.'],
    ['user expiring default --days 31', '--days is a whole number from 1 to 30.'],
    ['user expiring default --days 1.5', '--days is a whole number from 1 to 30.'],
    ['account set default --sync-share 0', '--sync-share is a whole number from 1 to 100.'],
    ['account set default --mint-budget many', '--mint-budget is a whole number from 1 to 100000000.'],
    ['account set default --session-life 721', '--session-life is a whole number of hours from 1 to 720.'],
    ['account set default --session-idle 0', '--session-idle is a whole number of hours from 1 to 720.'],
    ['account set default --origin https://a.example.com/x', '--origin is an origin such as https://'],
    ['account set default --domain-file a.txt', '--domain-file is a file MP_verify_<id>.txt, or its id'],
    [
      'account set default --daily-limit /cgi-bin/user/get',
      '--daily-limit is such as /cgi-bin/user/get=1000.',
    ],
    ['account set default --daily-limit user=1', '--daily-limit is such as /cgi-bin/user/get=1000.'],
    ['account set default --daily-limit /a=1=2', '--daily-limit is such as /cgi-bin/user/get=1000.'],
    [
      `account add ${appId} --lender http://a.example.com`,
      '--lender is an origin that begins with https://.',
    ],
    ['account set-mode default fast', '<mode> is one of: stable, classic.'],
    ['quota get default user/get', '<api> is such as /cgi-bin/user/get.'],
    ['user erase default o!', '<openid> is 1 to 64 letters, digits, - and _.'],
    [
      'key create --name x --scope dropin:proxy --path user/get',
      '--path is a path such as /cgi-bin/user/get',
    ],
    ['key create --name x --scope everything', '--scope is one or more of: followers:read,'],
    [
      'followers export default --out followers.xlsx',
      'The name in --out ends in none of: .ndjson, .jsonl, .csv. Say with --format what is to be written.',
    ],
    ['followers export default --out s3://bucket/followers', 'The name in --out ends in none of'],
    ['followers list default --limit 1001', '--limit is a whole number from 1 to 1000.'],
    ['followers export default --order best', '--order is one of: newest, oldest.'],
    ['followers export default --out s3://bucket', '--out is a file, or such as s3://bucket/followers.csv.'],
    // What is missing, or too much.
    ['followers sync', 'followers sync needs <account>. Say: followers sync <account>'],
    ['user erase default', 'user erase needs <openid>. Say: user erase <account> <openid>'],
    ['usage default today', 'usage takes nothing after <account>. Say: usage <account>'],
    ['status default', 'status takes no argument. Say: status'],
    ['key create --scope token:read', 'What is the key for? --name <name>'],
    ['key create --name x', '--scope is one or more of:'],
    ['account set default', 'What is to be set?'],
    ['key set 3f0c9a1b2d4e', 'What is to be set?'],
    ['account remove default', 'Add --yes'],
    ['quota clear default', 'Add --yes'],
    // No command at all.
    ['', 'Which command do you want to run?'],
    ['nonsense', /^There is no command "nonsense"\.$/],
    ['quota', 'quota alone is no command. There are: quota clear, quota get.'],
    ['quota steal default', 'There is no command "quota steal".'],
    // Near what there is.
    ['acount list', 'There is no command "acount". Did you mean: account list?'],
    ['acount', 'There is no command "acount". Did you mean: account?'],
    ['staus', 'There is no command "staus". Did you mean: status?'],
    ['strat', 'There is no command "strat". Did you mean: npm start?'],
    ['quota celar default', 'There are: quota clear, quota get. Did you mean: quota clear?'],
    ['status --jsno', 'status does not know the option --jsno. Did you mean: --json?'],
  ])('is refused before anything is sent: %s', async (line, sentence) => {
    const refused = sentBy(...line.split(' ').filter((word) => word !== ''));
    await expect(refused).rejects.toMatchObject({ name: 'UsageError' });
    await expect(refused).rejects.toThrow(sentence);
  });

  test.each([
    [`account add ${appId} hush`, 'an argument too many'],
    ['account add hush', 'an argument of a wrong shape'],
    [`account add ${appId} --mode hush`, 'a value that is none'],
    [`account add ${appId} --secret=hush`, 'the value of an option that is none'],
  ])('is told without what could be a secret: %s', async (line) => {
    await expect(sentBy(...line.split(' '))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.not.stringContaining('hush'),
    });
  });
});

describe('the help', () => {
  test('has every command, and what it exits with', () => {
    const text = help([], commands);
    for (const name of commands.map(({ words }) => words[0])) expect(text).toContain(`\n  ${name}`);
    expect(text).toMatch(/Exit codes\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 .*\n {2}130 /);
  });

  test('of an area has its commands and no others', () => {
    const text = help(['quota'], commands);
    expect(text).toContain('  quota clear <account>');
    expect(text).toContain('  quota get <account> <api>');
    expect(text).not.toContain('account show');
  });

  test.each(commands.map((command) => [command.words[0], command] as const))(
    'of %s has its arguments and each of its options',
    (name, command) => {
      const text = help(name.split(' '), commands);
      const shown = Object.values(command.args).map((argument) => ` ${argument.shown}`);
      expect(text).toContain(`-- ${name}${shown.join('')} [options]\n`);
      for (const option of Object.keys(optionsOf(command))) expect(text).toContain(`\n  --${option}`);
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    },
  );

  test('of a command by its other name is the same command', () => {
    expect(help(['status'], commands)).toContain('Also: account list');
  });

  test('of what is near a command names that', () => {
    expect(() => help(['acount'], commands)).toThrow('Did you mean: account?');
  });

  test('of nothing there is says so', () => {
    expect(() => help(['nonsense'], commands)).toThrow('There is no command "nonsense".');
  });
});

describe('the tables of commands', () => {
  const filesOf = (folder: string) => readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
  const camelCase = (file: string) => file.replace(/-./g, (dash) => dash.slice(1).toUpperCase());

  test.each([
    ['cli/commands', table],
    ['functions/admin/commands', adminTable],
  ])('name each file of %s', (folder, names) => {
    expect(filesOf(folder).map(camelCase).sort()).toEqual(Object.keys(names).sort());
  });

  test('have a file in cli/commands for each in functions/admin/commands, of the same name', () => {
    expect(filesOf('cli/commands')).toEqual(expect.arrayContaining(filesOf('functions/admin/commands')));
  });

  test('do not have two commands of one name', () => {
    const names = commands.flatMap(({ words }) => words);
    expect(names).toEqual([...new Set(names)]);
  });

  test('do not have an option that takes a value in one command and none in another', () => {
    const kinds = new Map<string, boolean>();
    for (const [name, { value }] of commands.flatMap((command) => Object.entries(optionsOf(command)))) {
      expect([name, kinds.get(name) ?? value !== undefined]).toEqual([name, value !== undefined]);
      kinds.set(name, value !== undefined);
    }
  });
});
