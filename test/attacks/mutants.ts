import type { accessAttacks } from './access-attacks.ts';
import type { consoleAttacks } from './console-attacks.ts';
import type { dropInAttacks } from './dropin-attacks.ts';
import type { loginAttacks } from './login-attacks.ts';
import type { pushAttacks } from './push-attacks.ts';
import type { sessionAttacks } from './session-attacks.ts';
import type { simulatorAttacks } from './simulator-attacks.ts';
import type { storageAttacks } from './storage-attacks.ts';

/** A text of a source file that stands there exactly once, and what stands in its place. */
export interface Change {
  /** From the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export type AttackName =
  | keyof typeof loginAttacks
  | keyof typeof sessionAttacks
  | keyof typeof accessAttacks
  | keyof typeof dropInAttacks
  | keyof typeof pushAttacks
  | keyof typeof storageAttacks
  | keyof typeof simulatorAttacks
  | keyof typeof consoleAttacks;

/** One part of a defence, and how it is taken out of the source. */
export interface Layer {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** The service without one defence. */
export interface Mutant {
  /** What is missing. */
  readonly without: string;
  /** How it is taken out; or, where several layers hold against the attack each by itself, all of these. */
  readonly changes: readonly Change[] | readonly Layer[];
  /** The attacks that it cannot stand. */
  readonly falls: readonly AttackName[];
}

export function isLayered(changes: Mutant['changes']): changes is readonly Layer[] {
  return changes.every((change) => 'changes' in change);
}

/** All that is changed in a mutant. */
export function allChanges({ changes }: Mutant): readonly Change[] {
  return isLayered(changes) ? changes.flatMap((layer) => layer.changes) : changes;
}

const attempts = 'shared/users/attempts.ts';
const sessions = 'shared/users/sessions.ts';
const sessionReader = 'shared/users/read-sessions.ts';
const login = 'shared/users/login.ts';
const random = 'shared/platform/random.ts';
const sealing = 'shared/users/sealing.ts';
const grant = 'shared/users/grant.ts';
const cookies = 'shared/http/cookies.ts';
const address = 'shared/http/allowed-address.ts';
const http = 'functions/http.ts';
const access = 'functions/access.ts';
const input = 'functions/input.ts';
const openPush = 'shared/push/open-push.ts';
const pushSignature = 'shared/push/push-signature.ts';
const deliveries = 'shared/push/deliveries.ts';
const pushXml = 'shared/push/push-xml.ts';
const messageCrypt = 'shared/push/message-crypt.ts';
const forwardAddress = 'shared/push/forward-address.ts';
const callers = 'shared/dropin/callers.ts';
const dropInPath = 'shared/dropin/path.ts';
const dropInProxy = 'shared/dropin/proxy.ts';
const ownToken = 'shared/dropin/own-token.ts';
const tokenQuery = 'shared/dropin/query.ts';
const passOn = 'shared/wechat/pass-on.ts';
const keyDirectory = 'shared/accounts/key-directory.ts';
const door = 'local/simulator/door.ts';
const consoleDoor = 'console/server/door.ts';
const consoleCalls = 'console/server/calls.ts';
const consoleServer = 'console/server/server.ts';

const isOnList = 'isAllowedOrigin(url.origin, allowedOrigins)';

export const mutants: readonly Mutant[] = [
  {
    without: 'the browser that an attempt is bound to',
    changes: [
      {
        file: attempts,
        find: 'sameHash(attempt.browserHash, hashToken(browserId))',
        replace: 'true',
      },
    ],
    falls: ['login CSRF', 'code injection'],
  },
  {
    without: 'the comparison of hashes',
    changes: [
      {
        file: random,
        find: 'left.length === right.length && timingSafeEqual(left, right)',
        replace: 'left.length === right.length',
      },
    ],
    falls: ['login CSRF', 'code injection', 'a forged push in the clear', "another account's token"],
  },
  {
    without: 'the one use of a state',
    changes: [
      {
        name: 'the attempt as it was read',
        changes: [{ file: attempts, find: 'attempt.claim === undefined &&', replace: '' }],
      },
      {
        name: 'the condition of the write that claims it',
        changes: [{ file: attempts, find: 'attribute_not_exists(#codeHash) AND ', replace: '' }],
      },
    ],
    falls: ['a replayed state'],
  },
  {
    without: 'the condition of the write that claims a state',
    changes: [{ file: attempts, find: 'attribute_not_exists(#codeHash) AND ', replace: '' }],
    falls: ['many codes for one state at once'],
  },
  {
    without: 'the code that a claim is for',
    changes: [
      {
        name: "the code's hash in the attempt",
        changes: [{ file: attempts, find: '|| !sameHash(stored.codeHash, codeHash)', replace: '' }],
      },
      {
        name: 'the code in the id of the session',
        changes: [
          {
            file: sessions,
            find: '`session.${login.claim}.${login.code}`',
            replace: '`session.${login.claim}`',
          },
        ],
      },
    ],
    falls: ['a second code for the same attempt'],
  },
  {
    without: 'the user whom a second code is of',
    changes: [{ file: login, find: ' || granted.grant.openid !== openid', replace: '' }],
    falls: ["somebody else's code for a state that was used"],
  },
  {
    without: 'the claim before the exchange',
    changes: [
      {
        file: login,
        find: 'const claimed = await attempts.claim(',
        replace:
          'const early = await exchange(parts, account.appId, code);\nconst claimed = await attempts.claim(',
      },
      {
        file: login,
        find: 'logIn(parts, account, back, claim)',
        replace: 'logIn(parts, account, back, claim, early)',
      },
      {
        file: login,
        find: 'claim: string,\n): Promise<LoginOutcome> {\n  const granted = await exchange(parts, account.appId, code);',
        replace: 'claim: string, granted: Awaited<ReturnType<typeof exchange>>): Promise<LoginOutcome> {',
      },
    ],
    falls: ['a code spent by another browser', 'many codes for one state at once'],
  },
  {
    without: 'the difference between a code that is refused and a WeChat that refuses',
    changes: [
      {
        file: login,
        find: "error.kind === 'code_invalid' || error.kind === 'code_used' ?",
        replace: 'false ?',
      },
    ],
    falls: ['codes made up to ring the alarms'],
  },
  {
    without: 'the note that a session is over',
    changes: [
      {
        file: sessions,
        find: 'await this.#table.put({ ...endedKey(hash), removeAt: this.#clock.now() + attemptSeconds });',
        replace: '',
      },
    ],
    falls: ['functions that wait for a login that is over'],
  },
  {
    without: 'the account that an attempt is for',
    changes: [
      {
        name: 'the attempt as it was read',
        changes: [{ file: attempts, find: 'attempt.account === appId &&', replace: '' }],
      },
      {
        name: 'the condition of the write that claims it',
        changes: [
          { file: attempts, find: '#account = :account AND ', replace: '' },
          {
            file: attempts,
            find: 'values: { now, account: appId, browserHash',
            replace: 'values: { now, browserHash',
          },
        ],
      },
    ],
    falls: ['a state from another account'],
  },
  {
    without: 'the end of an attempt',
    changes: [
      {
        name: 'the attempt as it was read',
        changes: [{ file: attempts, find: 'this.#clock.now() >= attempt.removeAt', replace: 'false' }],
      },
      {
        name: 'the condition of the write that claims it',
        changes: [
          {
            file: attempts,
            find: 'AND #removeAt > :now ',
            replace: 'AND (#removeAt > :now OR #removeAt <= :now) ',
          },
        ],
      },
    ],
    falls: ['an attempt of long ago'],
  },
  {
    without: 'what nobody outside knows in the id of a session',
    changes: [
      {
        file: sessions,
        find: "createHmac('sha256', login.browserId).update(`session.${login.claim}.${login.code}`)",
        replace: "createHmac('sha256', 'session').update(login.code)",
      },
    ],
    falls: ['a session worked out from the address of the callback'],
  },
  {
    without: "the server's lot in the id of a session",
    changes: [
      { file: sessions, find: '`session.${login.claim}.${login.code}`', replace: '`session.${login.code}`' },
    ],
    falls: ['session fixation'],
  },
  {
    without: 'a new id for a session',
    changes: [
      {
        file: sessions,
        find: "return createHmac('sha256', login.browserId).update(`session.${login.claim}.${login.code}`).digest('hex');",
        replace: 'return login.browserId;',
      },
    ],
    falls: ['session fixation'],
  },
  {
    without: 'the prefix __Host- of cookies',
    changes: [
      { file: cookies, find: 'return `__Host-${name}=${value}', replace: 'return `${name}=${value}' },
      { file: cookies, find: 'const prefix = `__Host-${name}=`', replace: 'const prefix = `${name}=`' },
    ],
    falls: ['cookie tossing'],
  },
  {
    without: 'the refusal of two cookies of one name',
    changes: [{ file: cookies, find: 'second === undefined ?', replace: 'true ?' }],
    falls: ['a tossed cookie beside the right one'],
  },
  {
    without: 'SameSite',
    changes: [{ file: cookies, find: 'SameSite=Lax`', replace: 'SameSite=None`' }],
    falls: ['a request of a foreign page with the session'],
  },
  {
    without: 'HttpOnly',
    changes: [{ file: cookies, find: ' HttpOnly;', replace: '' }],
    falls: ['a script that reads the session'],
  },
  {
    without: 'the list of addresses to return to',
    changes: [
      {
        file: 'functions/oauth/authorize.ts',
        find: 'allowedAddress(query.return_to, account.allowedOrigins)',
        replace: 'query.return_to',
      },
    ],
    falls: ['open redirect', 'a line break in the Location header'],
  },
  {
    without: 'the end of an origin: what begins like one passes',
    changes: [
      {
        file: address,
        find: isOnList,
        replace: 'allowedOrigins.some((origin) => address.startsWith(origin))',
      },
    ],
    falls: ['open redirect', 'a signature for a foreign page'],
  },
  {
    without: 'the beginning of a host: what ends like one passes',
    changes: [
      {
        file: address,
        find: isOnList,
        replace: 'allowedOrigins.some((origin) => url.hostname.endsWith(new URL(origin).hostname))',
      },
    ],
    falls: ['open redirect', 'a signature for a foreign page'],
  },
  {
    without: 'scheme and port of an origin',
    changes: [
      {
        file: address,
        find: isOnList,
        replace: 'allowedOrigins.some((origin) => url.hostname === new URL(origin).hostname)',
      },
    ],
    falls: ['open redirect', 'a signature for a foreign page'],
  },
  {
    without: 'the refusal of a user in an address',
    changes: [{ file: address, find: " || url.username !== '' || url.password !== ''", replace: '' }],
    falls: ['open redirect'],
  },
  {
    without: 'the refusal of schemes that are not the web',
    changes: [{ file: address, find: '!isWeb ||', replace: '' }],
    falls: ['open redirect'],
  },
  {
    without: 'the care about characters that parsers drop',
    changes: [
      {
        name: 'the refusal of the characters',
        changes: [{ file: address, find: '/[\\u0000-\\u0020\\u007f\\\\]/.test(address) ||', replace: '' }],
      },
      {
        name: "the parser's own spelling in the answer",
        changes: [{ file: address, find: '? url.href :', replace: '? address :' }],
      },
    ],
    falls: ['a line break in the Location header'],
  },
  {
    without: "the parser's own spelling in the answer",
    changes: [{ file: address, find: '? url.href :', replace: '? address :' }],
    falls: ['open redirect'],
  },
  {
    without: 'the refusal of repeated parameters',
    changes: [{ file: input, find: 'given.getAll(name).length > 1', replace: 'false' }],
    falls: ['a callback with repeated parameters'],
  },
  {
    without: 'the Referrer-Policy',
    changes: [{ file: http, find: "      'referrer-policy': 'no-referrer',\n", replace: '' }],
    falls: ['the address of the callback in a Referer header'],
  },
  {
    without: 'the refusal of frames',
    changes: [{ file: 'shared/http/page.ts', find: "; frame-ancestors 'none'", replace: '' }],
    falls: ['a page in a frame'],
  },
  {
    without: 'a look at is_snapshotuser',
    changes: [{ file: login, find: 'grant.isSnapshotUser ?', replace: 'false ?' }],
    falls: ['a snapshot user who gets a session'],
  },
  {
    without: 'the header that no form can send',
    changes: [{ file: http, find: "event.headers['x-keyring-csrf'] === undefined", replace: 'false' }],
    falls: ['a form of a sibling site that changes something'],
  },
  {
    without: 'the origins that may use a session',
    changes: [
      { file: http, find: 'isAllowedOrigin(foreignOrigin, account.allowedOrigins)', replace: 'true' },
    ],
    falls: ["a page of another account's site with the session"],
  },
  {
    without: 'the account of a session',
    changes: [
      {
        name: 'the account in the row',
        changes: [
          {
            file: sessionReader,
            find: 'session?.account === registrationOf(account) ? session : undefined',
            replace: 'session',
          },
        ],
      },
      {
        name: "the account that the user's name is bound to",
        changes: [
          {
            file: sessionReader,
            find: 'return Buffer.from(appId);',
            replace: 'void appId; return Buffer.alloc(0);',
          },
        ],
      },
      {
        name: "the list in the user's grant",
        changes: [
          {
            file: sessionReader,
            find: 'grant?.sessions.some((listed) => sameHash(listed, hash))',
            replace: 'grant',
          },
        ],
      },
    ],
    falls: ['a session of another account'],
  },
  {
    without: 'the difference between an account and the same registered again',
    changes: [
      {
        file: 'shared/accounts/accounts.ts',
        find: 'return incarnation === undefined ? appId : `${appId}:${incarnation}`;',
        replace: 'void incarnation; return appId;',
      },
    ],
    falls: [
      'a session of an account that was removed and registered again',
      'a key of an account that was removed and registered again',
    ],
  },
  {
    without: 'the deletion of a session that is logged out',
    changes: [
      {
        name: 'the deletion of the row',
        changes: [{ file: sessions, find: 'await this.#delete(hash);', replace: '' }],
      },
      {
        name: "the list in the user's grant",
        changes: [
          {
            file: sessions,
            find: 'await this.#grants.endSessions(account.appId, openidOf(account, id, session), hash);',
            replace: '',
          },
        ],
      },
    ],
    falls: ['a stolen session after its user has logged out'],
  },
  {
    without: "the end of a user's sessions everywhere",
    changes: [
      {
        name: 'the deletion of the rows',
        changes: [{ file: sessions, find: 'await this.remove(await', replace: 'void (await' }],
      },
      {
        name: "the list in the user's grant",
        changes: [
          {
            file: sessions,
            find: 'await this.#grants.endSessions(account.appId, openid)',
            replace: '(await this.#grants.read(account.appId, openid))?.sessions ?? []',
          },
        ],
      },
    ],
    falls: ['a stolen session after its user has logged out everywhere'],
  },
  {
    without: 'the end of a session that nobody uses',
    changes: [{ file: sessionReader, find: 'this.#clock.now() >= end', replace: 'false' }],
    falls: ['a session that was left unused for eight days'],
  },
  {
    without: 'the hash of a session in the table',
    changes: [
      {
        file: random,
        find: "return createHash('sha256').update(token).digest('hex');",
        replace: 'return token;',
      },
    ],
    falls: ['a session taken from the table'],
  },
  {
    without: 'the encryption of the user in a session',
    changes: [
      {
        name: "the key that only the session's own id yields",
        changes: [
          {
            file: sessionReader,
            find: "return createHmac('sha256', id).update('user of the session').digest();",
            replace: 'void id; return Buffer.alloc(32);',
          },
        ],
      },
      {
        name: "the list in the user's grant",
        changes: [
          {
            file: sessionReader,
            find: 'grant?.sessions.some((listed) => sameHash(listed, hash))',
            replace: 'grant',
          },
        ],
      },
    ],
    falls: ['a session row that somebody has written'],
  },
  {
    without: 'the accounts of a key',
    changes: [{ file: http, find: 'request.keyHolder?.requireAccount(account);', replace: '' }],
    falls: ['a key of another account'],
  },
  {
    without: 'the scopes of a key',
    changes: [{ file: access, find: "!context.scopes.split(' ').includes(scope)", replace: 'false' }],
    falls: ['a key without the scope', 'a key of the drop-in at the API'],
  },
  {
    without: 'the refusal of an unknown key',
    changes: [
      {
        file: 'functions/access/authorize-key.ts',
        find: "if (!apiKey) return { isAuthorized: true, context: { key: 'unknown' } };",
        replace:
          "if (!apiKey) return { isAuthorized: true, context: { key: 'known', keyId: '', scopes: 'token:read', accounts: '*' } };",
      },
    ],
    falls: ['a key that was never made'],
  },
  {
    without: 'the refusal where no authorizer has spoken',
    changes: [
      {
        file: access,
        find: "parsed.success ? parsed.data : { key: 'missing' }",
        replace:
          "parsed.success ? parsed.data : { key: 'known', keyId: '', scopes: 'token:read followers:read usage:read', accounts: '*' }",
      },
    ],
    falls: ['a request that no authorizer has seen'],
  },
  {
    without: 'the hash of a key in the table',
    changes: [
      {
        name: 'the form of a key',
        changes: [
          {
            file: keyDirectory,
            find: 'isKeyText(key) ?',
            replace: 'key ?',
          },
        ],
      },
      {
        name: 'the hash',
        changes: [
          {
            file: keyDirectory,
            find: 'this.findByHash(hashToken(key))',
            replace: 'this.findByHash(key)',
          },
        ],
      },
    ],
    falls: ['a key taken from the table'],
  },
  {
    without: 'the end of what the authorizer remembers',
    changes: [
      {
        file: keyDirectory,
        find: 'remembered && this.#clock.now() < remembered.until',
        replace: 'remembered',
      },
    ],
    falls: ['a key that was revoked', 'a token of the drop-in whose key was revoked'],
  },
  {
    without: 'the session where the wall is asked for without a key',
    changes: [
      {
        file: 'functions/followers/list-avatars.ts',
        find: 'if (!keyHolder) await sessions.require(account, cookies);',
        replace: '',
      },
    ],
    falls: ['the wall without key and session'],
  },
  {
    without: 'the list of pages that are signed for',
    changes: [
      {
        file: 'functions/credentials/get-jssdk-config.ts',
        find: '!isAllowedPage(query.url, account.allowedOrigins)',
        replace: 'false',
      },
    ],
    falls: ['a signature for a foreign page'],
  },
  {
    without: 'the hash in a signature for a page',
    changes: [
      {
        file: 'shared/wechat/jssdk.ts',
        find: "return createHash('sha1').update(text, 'utf8').digest('hex');",
        replace: 'return text;',
      },
    ],
    falls: ['a token in an answer to a browser'],
  },
  {
    without: 'the list of domain files',
    changes: [
      { file: 'functions/open/domain-file.ts', find: ' || !(await accounts.hasDomainFile(id))', replace: '' },
    ],
    falls: ["a domain file of somebody else's"],
  },
  {
    without: 'the trial of a reported token',
    changes: [
      {
        file: 'shared/credentials/token-check.ts',
        find: "return { state: 'accepted' };",
        replace: "return { state: 'rejected' };",
      },
    ],
    falls: ['a good token reported as rejected'],
  },
  {
    without: 'the signature of a push',
    changes: [
      { file: pushSignature, find: '!isSignatureOf(signature, [token, timestamp, nonce])', replace: 'false' },
    ],
    falls: ['a forged push in the clear', "another account's token", 'a forged check of the address'],
  },
  {
    without: 'the check of signatures when the address is checked',
    changes: [
      {
        file: 'functions/events/check-url.ts',
        find: 'requireSignature(query, pushToken, runtime.clock.now());',
        replace: 'void pushToken;',
      },
    ],
    falls: ['a forged check of the address'],
  },
  {
    without: 'the signature of what is encrypted',
    changes: [
      {
        file: openPush,
        find: '!isSignatureOf(msgSignature, [pushToken, timestamp, nonce, ciphertext])',
        replace: 'false',
      },
    ],
    falls: ['a ciphertext under the signature of another push', 'a forged push in safe mode'],
  },
  {
    without: 'the time of a signature',
    changes: [
      { file: pushSignature, find: 'Math.abs(now - Number(timestamp)) > windowSeconds', replace: 'false' },
    ],
    falls: ['a push of an hour ago once more'],
  },
  {
    without: 'the body that a signature was used for',
    changes: [
      {
        file: 'functions/events/receive-event.ts',
        find: '!(await deliveries.claimSignature(signature, appId, body))',
        replace: 'false',
      },
    ],
    falls: [
      'another body under a signature that was used',
      'a signature turned round, with another body',
      'the signature of a check of the address on a push',
      "another account's signature, with another body",
    ],
  },
  {
    without: 'the memory of a signature for as long as it can be read in another way',
    changes: [{ file: deliveries, find: 'Math.max(now + leastSeconds, end)', replace: 'now + leastSeconds' }],
    falls: ['a signature turned round, with another body', 'an old message under its signature turned round'],
  },
  {
    without: 'the readings of a signature in which its digits are divided anew',
    changes: [
      {
        file: pushSignature,
        find: 'joinSorted([token, time, nonce]) === joined',
        replace:
          'joinSorted([token, time, nonce]) === joined && (nonce.length === 10 || time === joined.slice(0, 10))',
      },
    ],
    falls: ['a signature turned round, with another body', 'an old message under its signature turned round'],
  },
  {
    without: 'the memory of the signatures of checks',
    changes: [
      { file: 'functions/events/check-url.ts', find: '!isFirstUse', replace: 'false' },
      {
        file: 'functions/events/check-url.ts',
        find: 'await deliveries.claimSignature(signature, appId, `check ${query.echostr}`)',
        replace: 'signature',
      },
    ],
    falls: ['the signature of a check of the address on a push'],
  },
  {
    without: 'one memory of signatures for all accounts',
    changes: [
      { file: deliveries, find: 'hashToken(signature)', replace: 'hashToken(`${appId} ${signature}`)' },
    ],
    falls: ["another account's signature, with another body"],
  },
  {
    without: 'the confirmation of what came in the clear',
    changes: [{ file: 'shared/push/handle-push.ts', find: '!message.isSigned && ', replace: 'false && ' }],
    falls: ['a forged event that deletes somebody, in the clear'],
  },
  {
    without: 'the duty to encrypt',
    changes: [
      { file: openPush, find: 'if (encodingAesKey === undefined) {', replace: 'if (!encrypted.success) {' },
    ],
    falls: ['the clear where the account has a key'],
  },
  {
    without: 'the appid in what is encrypted',
    changes: [{ file: messageCrypt, find: "plain.toString('utf8', end) !== appId", replace: 'false' }],
    falls: ['a push for another appid'],
  },
  {
    without: 'the look at where the name of a back end leads',
    changes: [{ file: forwardAddress, find: 'isPublicAddress(address) ||', replace: 'true ||' }],
    falls: ['a back end whose name now leads into a private network'],
  },
  {
    without: 'the refusal of addresses in the place of a name',
    changes: [
      {
        file: forwardAddress,
        find: "isIP(url.hostname) !== 0 || url.hostname.startsWith('[')",
        replace: 'false',
      },
    ],
    falls: ['a back end at an address of a private network'],
  },
  {
    without: 'the duty of back ends to speak https',
    changes: [{ file: forwardAddress, find: "url.protocol !== 'https:'", replace: 'false' }],
    falls: ['a back end that is reached in the clear'],
  },
  {
    without: 'the word for a back end that a push is encrypted',
    changes: [
      {
        file: 'shared/push/forward.ts',
        find: "isBodySigned ? { ...query, encrypt_type: 'aes' } : query",
        replace: 'query',
      },
    ],
    falls: ['a push in safe mode that does not say so to the back end'],
  },
  {
    without: 'the refusal of entities',
    changes: [
      {
        name: 'nothing before the root, so no DTD',
        changes: [{ file: pushXml, find: '!beginning.test(text)', replace: 'false' }],
      },
      {
        name: 'a parser that knows no entities but those of XML',
        changes: [
          {
            file: pushXml,
            find: 'preserveCdata: true',
            replace:
              'preserveCdata: true, resolveUndefinedEntity: (e) => outline.match(`ENTITY ${e.slice(1, -1)} "(.*?)"`)?.[1]',
          },
        ],
      },
    ],
    falls: ['an XML entity bomb'],
  },
  {
    without: 'the limit of levels',
    changes: [{ file: pushXml, find: 'maxLevels = 16', replace: 'maxLevels = 100_000' }],
    falls: ['XML of a thousand levels'],
  },
  {
    without: 'the limit of a body',
    changes: [{ file: input, find: 'bytes.length > maxBytes', replace: 'false' }],
    falls: ['a push of 200 KiB'],
  },
  {
    without: 'what a ciphertext is bound to',
    changes: [
      {
        file: sealing,
        find: 'JSON.stringify([keyId, appId, openid, attribute])',
        replace: 'JSON.stringify([keyId, appId])',
      },
    ],
    falls: [
      'a ciphertext moved to another row',
      'a ciphertext moved to another attribute',
      'a whole row copied to another key',
    ],
  },
  {
    without: 'the openid of the key of a row',
    changes: [
      {
        file: grant,
        find: 'z.parse(grantSchema, { ...item, openid })',
        replace: 'z.parse(grantSchema, item)',
      },
    ],
    falls: ['a whole row copied to another key'],
  },
  {
    without: 'the tag of a ciphertext',
    changes: [{ file: sealing, find: ', decipher.final()]', replace: ']' }],
    falls: ['a ciphertext with a bit turned over'],
  },
  {
    without: 'the encryption of tokens',
    changes: [
      {
        file: sealing,
        find: 'cipher.update(Buffer.from(value)), cipher.final()',
        replace: "(cipher.update(''), cipher.final(), Buffer.from(value))",
      },
    ],
    falls: ['a token read from the table'],
  },
  {
    without: 'the refusal of general keys at the drop-in',
    changes: [
      {
        name: 'the kind of a key',
        changes: [
          {
            file: callers,
            find: '!dropInScopes.some((scope) => apiKey.scopes.includes(scope))',
            replace: 'false',
          },
        ],
      },
      {
        name: "the scope for the account's token",
        changes: [{ file: callers, find: '!apiKey.scopes.includes(scope)', replace: 'false' }],
      },
    ],
    falls: ['a general key at the drop-in'],
  },
  {
    without: 'the accounts of a key of the drop-in',
    changes: [
      {
        file: callers,
        find: 'if (!account || !isFor(apiKey.accounts, account)) throw',
        replace: 'if (!account) throw',
      },
    ],
    falls: ['a key of the drop-in for another account'],
  },
  {
    without: 'the signature of a token of the drop-in',
    changes: [
      {
        file: ownToken,
        find: '!timingSafeEqual(bytes.subarray(bodyBytes), macOf(key.key, body))',
        replace: 'false',
      },
    ],
    falls: ['a forged token of the drop-in'],
  },
  {
    without: 'the end of a token of the drop-in',
    changes: [
      {
        file: ownToken,
        find: 'this.#clock.now() >= issuedAt + ownLifeSeconds + graceSeconds',
        replace: 'false',
      },
    ],
    falls: ['a token of the drop-in after its end'],
  },
  {
    without: 'the list of paths of a key',
    changes: [{ file: dropInPath, find: 'if (!isAllowed)', replace: 'if (false)' }],
    falls: ['a path outside the list of a key'],
  },
  {
    without: 'the refusal of paths that are not written plainly',
    changes: [{ file: dropInPath, find: '!plainPath.test(path) ||', replace: '' }],
    falls: ['a path that leads out of the list of a key'],
  },
  {
    without: 'the paths that are never served',
    changes: [{ file: dropInPath, find: 'neverServed.test(path.toLowerCase())', replace: 'false' }],
    falls: ['a path that is never served'],
  },
  {
    without: 'the letter case of paths that are never served',
    changes: [{ file: dropInPath, find: 'path.toLowerCase()', replace: 'path' }],
    falls: ['a path that is never served, in another letter case'],
  },
  {
    without: 'the refusal of a second access_token',
    changes: [{ file: tokenQuery, find: 'found.length > 1', replace: 'false' }],
    falls: ['access_token twice in a query'],
  },
  {
    without: 'a look at other spellings of access_token',
    changes: [
      {
        file: tokenQuery,
        find: "name.trim().toLowerCase() === 'access_token'",
        replace: "pair.split('=')[0] === 'access_token' && name !== ''",
      },
    ],
    falls: ['access_token under another spelling of its name'],
  },
  {
    without: 'the refusal of access_token in a form',
    changes: [{ file: tokenQuery, find: ".split('&').some(namesToken)", replace: '.length < 0' }],
    falls: ['access_token in a form'],
  },
  {
    without: 'the list of headers that are passed on',
    changes: [
      { file: dropInProxy, find: 'passedHeaders.flatMap(', replace: 'Object.keys(headers).flatMap(' },
    ],
    falls: ['headers that are smuggled through'],
  },
  {
    without: 'the one host that is called',
    changes: [
      {
        name: 'the form of a path',
        changes: [
          { file: dropInPath, find: "rawPath.replace(/\\/{2,}/g, '/')", replace: 'rawPath' },
          {
            file: dropInPath,
            find: '!plainPath.test(path) || !prefixes.some((prefix) => prefix === first)',
            replace: 'false && first',
          },
        ],
      },
      {
        name: 'the host from the configuration alone',
        changes: [
          {
            file: passOn,
            find: 'sendRequest(baseUrl, {',
            replace: 'sendRequest(new URL(target, baseUrl).href, {',
          },
        ],
      },
    ],
    falls: ['a call that is sent to another host'],
  },
  {
    without: 'a look for the secret of a call in its answer',
    changes: [{ file: dropInProxy, find: '[answer.plain, ...headers].some(isIn)', replace: 'false' }],
    falls: ['an answer that repeats the token of its call', 'an answer that repeats the AppSecret'],
  },
  {
    without: 'the path alone in what is logged of a call',
    changes: [
      { file: dropInProxy, find: '    api: path,\n    method:', replace: '    api: target,\n    method:' },
    ],
    falls: ['a secret in a log'],
  },
  {
    without: 'the limit of a body at the drop-in',
    changes: [{ file: 'functions/dropin/handler.ts', find: 'bytes.length > maxBodyBytes', replace: 'false' }],
    falls: ['a body that is larger than what Lambda takes'],
  },
  {
    without: 'the length of a body',
    changes: [
      {
        file: passOn,
        find: "...(hasBody && { 'content-length': String(body.length) }),",
        replace: "...(hasBody && { 'transfer-encoding': 'chunked' }),",
      },
    ],
    falls: ['a body without a length'],
  },
  {
    without: "a look at a page's origin by the simulator",
    changes: [{ file: door, find: 'isForeignOrigin || isForeignSite', replace: 'isForeignSite' }],
    falls: ['a form of a foreign page that steers the simulator'],
  },
  {
    without: 'a look at what a browser says of a request without an origin',
    changes: [{ file: door, find: 'isForeignOrigin || isForeignSite', replace: 'isForeignOrigin' }],
    falls: ['a picture on a foreign page that has the simulator make a token'],
  },
  {
    without: 'a look at the host name by the simulator',
    changes: [{ file: door, find: '!isOurs(host, known)', replace: 'false' }],
    falls: ['a host name that was made to point at the simulator'],
  },
  {
    without: "the machine's own addresses as the targets of the simulator's pushes",
    changes: [
      {
        file: 'local/simulator/control.ts',
        find: 'isPushTarget(url, hosts)',
        replace: '(isPushTarget(url, hosts) || true)',
      },
    ],
    falls: ["the simulator's pushes sent into a network", "an account's pushes sent into a network"],
  },
  {
    without: 'a look at the host name by the console',
    changes: [
      {
        file: consoleDoor,
        find: "if (!isLoopbackHost(host)) return 'host_not_allowed';",
        replace: 'isLoopbackHost(host);',
      },
    ],
    falls: ['a host name that was made to point at the console'],
  },
  {
    without: 'a look at where a call of the console comes from',
    changes: [
      {
        name: 'its origin',
        changes: [
          {
            file: consoleDoor,
            find: "if (origin !== undefined && origin !== `http://${host}`) return 'origin_not_allowed';",
            replace: '',
          },
        ],
      },
      {
        name: 'a type that no form can send',
        changes: [
          {
            file: consoleCalls,
            find: "if (!/^application\\/json(;|$)/.test(type)) throw new Fault('media_type_unsupported');",
            replace: '',
          },
        ],
      },
    ],
    falls: ["a form of a foreign page that uses up the console's token"],
  },
  {
    without: 'what the browser says to the console of the site of a page',
    changes: [
      {
        file: consoleDoor,
        find: "return isOurs || isOpened ? undefined : 'origin_not_allowed';",
        replace: 'return undefined;',
      },
    ],
    falls: ['a script on a foreign page that loads files of the console'],
  },
  {
    without: 'a word of the console against frames',
    changes: [
      {
        name: 'in its policy',
        changes: [{ file: consoleServer, find: '"frame-ancestors \'none\'",', replace: '' }],
      },
      {
        name: 'in a header of its own',
        changes: [{ file: consoleServer, find: "'x-frame-options': 'DENY',", replace: '' }],
      },
    ],
    falls: ['a foreign page that frames the console'],
  },
  {
    without: 'an end of the token after its first exchange',
    changes: [
      {
        file: consoleDoor,
        find: "if (this.#sessionHash !== undefined) return 'token_used';",
        replace: '',
      },
    ],
    falls: ['a second opening of an address of the console'],
  },
  {
    without: 'a look at the key of the session',
    changes: [{ file: consoleCalls, find: 'if (refused) throw new Fault(refused);', replace: '' }],
    falls: ['a call of the console without the key of its session'],
  },
  {
    without: 'a list of the commands that the console sends',
    changes: [
      {
        file: 'console/server/commands.ts',
        find: 'return commands.find((command) => command.name === name);',
        replace: 'return commands.find((command) => command.name === name) ?? commands[0];',
      },
    ],
    falls: ['a command that stores another AppSecret, sent through the console'],
  },
];
