import { describe, expect, test } from '@jest/globals';
import { forwardTarget, guardedLookup, requirePublicHost } from '../../shared/push/forward-address.ts';

const here = { allowsLoopback: true };

test.each([
  'https://backend.example.com/wx',
  'https://backend.example.com:8443/wx?app=1',
  'https://xn--fiq228c.example/',
])('%s may be forwarded to', (address) => {
  expect(forwardTarget(address, {}).href).toBe(address);
});

test.each([
  ['no address', 'backend.example.com'],
  ['http', 'http://backend.example.com/'],
  ['http to this machine', 'http://127.0.0.1:3000/'],
  ['another scheme', 'ftp://backend.example.com/'],
  ['a user', 'https://me@backend.example.com/'],
  ['a password', 'https://me:secret@backend.example.com/'],
  ['a fragment', 'https://backend.example.com/#a'],
  ['an IPv4 address', 'https://8.8.8.8/'],
  ['the metadata', 'https://169.254.169.254/latest/meta-data/'],
  ['an IPv4 address in one number', 'https://2130706433/'],
  ['an IPv4 address in hexadecimal', 'https://0x7f.1/'],
  ['an IPv4 address with a dot behind it', 'https://127.0.0.1./'],
  ['an IPv4 address in other digits', 'https://１２７.0.0.1/'],
  ['an IPv6 address', 'https://[2606:4700:4700::1111]/'],
  ['an IPv4 address in IPv6', 'https://[::ffff:127.0.0.1]/'],
])('%s may not: %s', (_, address) => {
  expect(() => forwardTarget(address, {})).toThrow(expect.objectContaining({ code: 'forward_refused' }));
});

test.each([
  'http://127.0.0.1:3000/wx',
  'http://localhost:3000/wx',
  'http://[::1]:3000/',
  'https://localhost/',
])('the local stack may forward to %s', (address) => {
  expect(forwardTarget(address, here).href).toBe(address);
});

test.each(['http://backend.example.com/', 'http://127.0.0.2/', 'http://10.0.0.1/', 'https://10.0.0.1/'])(
  'the local stack may no more forward to %s than a deployment',
  (address) => {
    expect(() => forwardTarget(address, here)).toThrow(expect.objectContaining({ code: 'forward_refused' }));
  },
);

describe('the name of a host', () => {
  const url = new URL('https://backend.example.com/');
  const leadingTo = (...addresses: string[]) => ({
    resolve: () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
  });

  test('that leads to the internet is taken', async () => {
    await expect(requirePublicHost(url, leadingTo('8.8.8.8', '2606:4700::1'))).resolves.toBeUndefined();
  });

  test.each([
    ['a private address', ['10.0.0.1']],
    ['this machine', ['127.0.0.1']],
    ['this machine by IPv6', ['::1']],
    ['the metadata', ['169.254.169.254']],
    ['the metadata by IPv6', ['fd00:ec2::254']],
    ['one of a carrier', ['100.64.0.1']],
    ['a group', ['224.0.0.1']],
    ['IPv4 in IPv6', ['::ffff:10.0.0.1']],
    ['a public and a private address', ['8.8.8.8', '192.168.0.1']],
    ['nothing', []],
  ])('that leads to %s is refused', async (_, addresses) => {
    await expect(requirePublicHost(url, leadingTo(...addresses))).rejects.toMatchObject({
      code: 'forward_refused',
      detail: expect.stringContaining('backend.example.com leads to an address'),
    });
  });

  test('that is not known is refused', async () => {
    const resolve = () => Promise.reject(new Error('ENOTFOUND'));
    await expect(requirePublicHost(url, { resolve })).rejects.toMatchObject({
      code: 'forward_refused',
      detail: 'The name backend.example.com could not be looked up.',
    });
  });

  test('of this machine is taken by the local stack, as name and as address', async () => {
    for (const address of ['http://localhost/', 'http://127.0.0.1/', 'http://[::1]/']) {
      const target = forwardTarget(address, here);
      await requirePublicHost(target, { ...here, ...leadingTo('127.0.0.1', '::1') });
    }
    await expect(requirePublicHost(url, { ...here, ...leadingTo('10.0.0.1') })).rejects.toMatchObject({
      code: 'forward_refused',
    });
  });

  test('is looked up once for a connection, which gets the very addresses that were checked', async () => {
    let asked = 0;
    // First an address of the internet, then one of this machine: DNS rebinding.
    const resolve = () =>
      Promise.resolve([{ address: (asked += 1) === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }]);
    const look = () =>
      new Promise((done) => guardedLookup({ resolve })('backend.example.com', {}, (...given) => done(given)));
    expect(await look()).toEqual([null, [{ address: '8.8.8.8', family: 4 }]]);
    expect(await look()).toEqual([expect.objectContaining({ code: 'forward_refused' }), []]);
  });
});
