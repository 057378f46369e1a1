import { tablesOf } from '../../functions/parts.ts';
import { Browser } from './browser.ts';
import { brokenIf, newUser, type Attack, type Service } from './scene.ts';

async function loggedIn(
  service: Service,
  nickname: string,
): Promise<{ openid: string; pk: string; sk: string }> {
  const openid = await newUser(service, { nickname });
  await new Browser(service).logIn(openid);
  return { openid, pk: `${service.kit.account}#${openid}`, sk: 'grant' };
}

/** Attacks of somebody who can write the Users table, and has no key. */
export const storageAttacks = {
  /** The victim's tokens in the attacker's row: the back end would show the attacker the victim's profile. */
  'a ciphertext moved to another row': async (service) => {
    const { users } = tablesOf(service.kit.runtime);
    const victim = await loggedIn(service, 'The victim');
    const attacker = await loggedIn(service, 'The attacker');
    const theirs = await users.get({ pk: victim.pk, sk: victim.sk });
    await users.update(
      { pk: attacker.pk, sk: attacker.sk },
      { set: { accessToken: theirs?.['accessToken'], refreshToken: theirs?.['refreshToken'] } },
    );
    const before = await service.kit.callsTo('/sns/userinfo');
    await service.call('getUser', {
      key: service.kit.apiKey,
      path: { openid: attacker.openid },
      query: { refresh: 'true' },
    });
    // WeChat checks nothing for us: a call with the victim's token is already the harm.
    return brokenIf((await service.kit.callsTo('/sns/userinfo')) > before);
  },

  'a whole row copied to another key': async (service) => {
    const { users } = tablesOf(service.kit.runtime);
    const victim = await loggedIn(service, 'The victim');
    const attacker = await loggedIn(service, 'The attacker');
    const theirs = await users.get({ pk: victim.pk, sk: victim.sk });
    await users.put({ ...theirs, pk: attacker.pk, sk: attacker.sk });
    const before = await service.kit.callsTo('/sns/userinfo');
    await service.call('getUser', {
      key: service.kit.apiKey,
      path: { openid: attacker.openid },
      query: { refresh: 'true' },
    });
    return brokenIf((await service.kit.callsTo('/sns/userinfo')) > before);
  },

  /** The refresh token, which lives for 30 days, where the access token is taken from to be sent about. */
  'a ciphertext moved to another attribute': async (service) => {
    const { users } = tablesOf(service.kit.runtime);
    const { openid, pk, sk } = await loggedIn(service, 'Somebody');
    const row = await users.get({ pk, sk });
    await users.update({ pk, sk }, { set: { accessToken: row?.['refreshToken'] } });
    const before = await service.kit.callsTo('/sns/userinfo');
    await service.call('getUser', {
      key: service.kit.apiKey,
      path: { openid },
      query: { refresh: 'true' },
    });
    return brokenIf((await service.kit.callsTo('/sns/userinfo')) > before);
  },

  'a ciphertext with a bit turned over': async (service) => {
    const { users } = tablesOf(service.kit.runtime);
    const { openid, pk, sk } = await loggedIn(service, 'Somebody');
    const row = await users.get({ pk, sk });
    const [version, keyId, text = ''] = String(row?.['accessToken']).split('.');
    const bytes = Buffer.from(text, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    const accessToken = [version, keyId, bytes.toString('base64url')].join('.');
    await users.update({ pk, sk }, { set: { accessToken } });
    const before = await service.kit.callsTo('/sns/userinfo');
    await service.call('getUser', {
      key: service.kit.apiKey,
      path: { openid },
      query: { refresh: 'true' },
    });
    return brokenIf((await service.kit.callsTo('/sns/userinfo')) > before);
  },

  'a token read from the table': async (service) => {
    const { users } = tablesOf(service.kit.runtime);
    const { pk, sk } = await loggedIn(service, 'Somebody');
    const row = await users.get({ pk, sk });
    for (const name of ['accessToken', 'refreshToken']) {
      const stored = String(row?.[name]);
      // A token of WeChat is letters, digits, - and _ of more than 80 characters, as it stands or encoded.
      const readings = [
        stored,
        ...stored.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1')),
      ];
      if (readings.some((text) => /84_[\w-]{80,}/.test(text))) return 'broken';
    }
    return 'held';
  },
} satisfies Record<string, Attack>;
