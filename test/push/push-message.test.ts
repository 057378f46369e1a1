import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { pushMessage as messageOf, pushMessageSchema } from '../../shared/push/push-message.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { opened, toXml } from './sender.ts';

const account = parseAppId('wx0123456789abcdef');
const event = { MsgType: 'event', Event: 'VIEW', FromUserName: 'oUser', CreateTime: '1714112445' };

const now = 1_714_112_500;

function pushMessage(appId: AppId, fields: Record<string, unknown>) {
  return messageOf(appId, opened(fields), now);
}

function make(fields: Record<string, unknown> = {}) {
  return pushMessage(account, { ...event, ...fields });
}

function parameterOf(fields: Record<string, unknown>): unknown {
  try {
    return pushMessage(account, fields);
  } catch (error) {
    const { code, detail, extras } = error as { code: string; detail: string; extras: unknown };
    return { code, detail, extras };
  }
}

describe('the message for the worker', () => {
  test('says whose event it is, when it was, and all that stood in it', () => {
    expect(make({ Extra: { a: '1' } })).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      delivery: expect.stringMatching(/^[0-9a-f-]{36}$/),
      account,
      type: 'event',
      event: 'VIEW',
      openid: 'oUser',
      createdAt: 1714112445,
      isSigned: true,
      signatureEnd: 0,
      fields: { ...event, Extra: { a: '1' } },
    });
  });

  test('of a text has no event', () => {
    const { CreateTime, FromUserName } = event;
    expect(Object.keys(pushMessage(account, { MsgType: 'text', FromUserName, CreateTime }))).toEqual([
      'id',
      'delivery',
      'account',
      'type',
      'openid',
      'createdAt',
      'isSigned',
      'signatureEnd',
      'fields',
    ]);
  });

  test.each(['user_info_modified', 'user_authorization_revoke', 'user_authorization_cancellation'])(
    'of %s is about the user in OpenID',
    (Event) => {
      expect(make({ Event, OpenID: 'oOther' })).toMatchObject({ openid: 'oOther' });
      expect(make({ Event })).not.toHaveProperty('openid');
    },
  );

  test.each([
    ['in lower case', { openid: 'oOther' }],
    ['in another case', { OpenId: 'oOther' }],
    ['in lower case, with nothing in OpenID', { OpenID: '', openid: 'oOther' }],
    ['in OpenID, whatever stands beside it', { openid: 'oThird', OpenID: 'oOther' }],
  ])('is about the user %s', (_, fields) => {
    expect(make({ Event: 'user_authorization_revoke', ...fields })).toMatchObject({ openid: 'oOther' });
  });

  test('of any other event is about who sent it, whatever OpenID says', () => {
    expect(make({ OpenID: 'oOther' })).toMatchObject({ openid: 'oUser' });
    expect(
      pushMessage(account, { ...event, MsgType: 'text', Event: undefined, OpenID: 'oOther' }),
    ).toMatchObject({ openid: 'oUser' });
  });

  test('names no user where there is no openid', () => {
    expect(make({ FromUserName: 'not an openid' })).not.toHaveProperty('openid');
  });

  test('comes out of a queue as it went in', () => {
    const sent = make({
      Event: 'user_authorization_revoke',
      OpenID: 'oOther',
      RevokeInfo: '205',
      Extra: { a: '1' },
    });
    expect(z.parse(pushMessageSchema, JSON.parse(JSON.stringify(sent)))).toStrictEqual(sent);
  });

  test('says what was revoked', () => {
    expect(make({ RevokeInfo: '205' })).toMatchObject({ revoked: '205' });
    expect(make()).not.toHaveProperty('revoked');
  });

  test('takes a time with blanks around it', () => {
    expect(make({ CreateTime: ' \n1714112445\t ' })).toMatchObject({ createdAt: 1714112445 });
  });

  test.each([
    ['of now', now, now],
    ['as far ahead as a clock may be', now + 300, now + 300],
    ['further ahead than a clock may be', now + 301, now + 300],
    ['of twelve digits', 123456789012, now + 300],
  ])('takes a time %s, as far as it is to be believed', (_, CreateTime, createdAt) => {
    expect(make({ CreateTime: String(CreateTime) })).toMatchObject({ createdAt });
  });

  test('says whether it was signed, and when the signature is over', () => {
    const push = opened(event, { isBodySigned: false, signatureEnd: now + 301 });
    expect(messageOf(account, push, now)).toMatchObject({ isSigned: false, signatureEnd: now + 301 });
  });

  test('of a version that did not say whether it was signed counts as signed', () => {
    const { isSigned, signatureEnd, ...former } = make();
    expect([isSigned, signatureEnd]).toEqual([true, 0]);
    expect(z.parse(pushMessageSchema, former)).toStrictEqual({ ...former, isSigned: true });
  });

  test.each([
    ['no kind', { MsgType: undefined }, 'MsgType'],
    ['an empty kind', { MsgType: '' }, 'MsgType'],
    ['a kind of 33 characters', { MsgType: 'x'.repeat(33) }, 'MsgType'],
    ['an event of 65 characters', { Event: 'x'.repeat(65) }, 'Event'],
  ])('is not made of a push with %s', (_, fields, parameter) => {
    expect(parameterOf({ ...event, ...fields })).toEqual({
      code: 'invalid_body',
      detail: `${parameter} is missing or not a text.`,
      extras: { parameter },
    });
  });

  test.each([
    ['without a time', { CreateTime: undefined }],
    ['with an empty time', { CreateTime: '' }],
    ['with a time that is none', { CreateTime: '1a' }],
    ['with a word before the time', { CreateTime: 'a1' }],
    ['with a time of 13 digits', { CreateTime: '1'.repeat(13) }],
    ['with several times', { CreateTime: ['1', '2'] }],
  ])('is of now where a push comes %s, since WeChat sends it three times and no more', (_, fields) => {
    expect(make({ Event: 'user_authorization_revoke', openid: 'oOther', ...fields })).toMatchObject({
      createdAt: now,
      openid: 'oOther',
    });
  });

  test.each([
    ['a list for a sender', { FromUserName: ['a', 'b'] }],
    ['elements for a sender', { FromUserName: { a: 'b' } }],
    ['a list for what was revoked', { RevokeInfo: ['205', '206'] }],
    ['elements for what was revoked', { RevokeInfo: { a: '205' } }],
    ['too much that was revoked', { RevokeInfo: '206,'.repeat(64) }],
  ])('of a revocation is made with %s: whatever was meant is taken for revoked', (_, fields) => {
    const message = make({ Event: 'user_authorization_revoke', OpenID: 'oOther', ...fields });
    expect(message).toMatchObject({ openid: 'oOther' });
    expect(message).not.toHaveProperty('revoked');
  });

  test('names no user where the sender is a list', () => {
    expect(make({ FromUserName: ['oUser', 'oOther'] })).not.toHaveProperty('openid');
  });

  test.each([
    ['a kind of 32 characters', { MsgType: 'x'.repeat(32) }],
    ['an event of 64 characters', { Event: 'x'.repeat(64) }],
  ])('is made of a push with %s', (_, fields) => {
    expect(make(fields)).toMatchObject({ account });
  });
});

describe('a push that the bus could not take as JSON', () => {
  const busBytes = 256 * 1024;
  const long = '\u0001'.repeat(60_000);

  test('leaves out its longest elements, and says which', () => {
    const message = make({ Content: long, Extra: { a: 'b' } });
    expect(message).toMatchObject({ leftOut: ['Content'], openid: 'oUser' });
    expect(message.fields).toEqual({ ...event, Extra: { a: 'b' } });
    expect(z.parse(pushMessageSchema, JSON.parse(JSON.stringify(message)))).toStrictEqual(message);
  });

  test.each([
    ['in one element', { Content: long }],
    ['in many', Object.fromEntries(Array.from({ length: 6000 }, (_, n) => [`a${n}`, '\u0001\u0002']))],
    ['in a name', { ['\u{20000}'.repeat(15_000)]: '1' }],
    ['in a nested element', { List: { Item: [long.slice(0, 30_000), long.slice(0, 30_000)] } }],
    ['in what was revoked', { Event: 'user_authorization_revoke', RevokeInfo: long }],
  ])('fits, with characters that are long in JSON %s', (_, fields) => {
    expect(Buffer.byteLength(JSON.stringify(make(fields)))).toBeLessThan(busBytes);
  });

  test('is whole as long as it fits', () => {
    const fields = { Content: '长'.repeat(21_000), Other: '\u0001'.repeat(10_000) };
    const message = make(fields);
    expect(message.fields).toEqual({ ...event, ...fields });
    expect(message).not.toHaveProperty('leftOut');
  });
});

describe('the id', () => {
  test('is the same for each delivery of a push, and the deliveries are not', () => {
    const [one, other] = [make(), make()];
    expect(one.id).toBe(other.id);
    expect(one.delivery).not.toBe(other.delivery);
  });

  test('is another for another account', () => {
    expect(pushMessage(parseAppId('wxeeeeeeeeeeeeeeee'), event).id).not.toBe(make().id);
  });

  // All of them have been met in one second.
  test.each([
    [
      'cards of another code',
      { Event: 'user_get_card', UserCardCode: '12312312' },
      { UserCardCode: '12312313' },
    ],
    [
      'results of other messages',
      { List: { MsgID: '1700827132819554304' } },
      { List: { MsgID: '1700827132819554305' } },
    ],
    ['voice messages of two people', { MsgId: '24012345678901234567' }, { FromUserName: 'oOther' }],
    ['places', { Event: 'LOCATION', Latitude: '23.1' }, { Latitude: '23.2' }],
  ])('is another for %s', (_, fields, others) => {
    expect(make({ ...fields, ...others }).id).not.toBe(make(fields).id);
  });

  test('is that of the whole message as it was sent', () => {
    const text = toXml(event);
    const of = (sent: string) => messageOf(account, opened(event, { text: sent }), now).id;
    expect(of(text)).toBe(of(text));
    expect(of(`${text}\n`)).not.toBe(of(text));
  });
});
