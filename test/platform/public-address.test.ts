import { expect, test } from '@jest/globals';
import { isPublicAddress } from '../../shared/platform/public-address.ts';

test.each([
  '8.8.8.8',
  '101.226.103.106',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '223.255.255.254',
  '2606:4700:4700::1111',
  '240e:ff:e000::1',
  '2a00:1450:4001:80f::200e',
])('%s is on the internet', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ['this network', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['private', '10.0.0.1'],
  ['shared by a carrier', '100.64.0.1'],
  ['of this machine', '127.0.0.1'],
  ['of this machine', '127.255.255.254'],
  ['of the link, where the metadata are', '169.254.169.254'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.254'],
  ['for protocols', '192.0.0.8'],
  ['6to4', '192.88.99.1'],
  ['private', '192.168.1.1'],
  ['for measurements', '198.19.0.1'],
  ['a group', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['everybody', '255.255.255.255'],
  ['of this machine', '::1'],
  ['nobody', '::'],
  ['of the link', 'fe80::1'],
  ['of the link, with its zone', 'fe80::1%eth0'],
  ['private', 'fc00::1'],
  ['of the metadata', 'fd00:ec2::254'],
  ['a group', 'ff02::1'],
  ['IPv4 in IPv6', '::ffff:10.0.0.1'],
  ['IPv4 in IPv6, a public one', '::ffff:8.8.8.8'],
  ['IPv4 in IPv6, in hexadecimal', '::ffff:7f00:1'],
  ['IPv4 in IPv6, the old way', '::127.0.0.1'],
  ['IPv4 behind a translator', '64:ff9b::a00:1'],
  ['IPv4 behind a private translator', '64:ff9b:1::a00:1'],
  ['6to4', '2002:7f00:1::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['no address', 'localhost'],
  ['no address', ''],
])('%s: %s is not', (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
});
