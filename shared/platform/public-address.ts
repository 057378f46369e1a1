import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * IPv4 that nobody on the internet has: private, shared, of one machine, for tests, for groups, reserved. Those for
 * documents are left out: nobody has them anywhere, and examples need some.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
const notPublic = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, bits);
}

/** The part of IPv6 that is given out at all. What stands for an IPv4 address is outside of it, but for 6to4 and Teredo. */
const givenOut = new BlockList();
givenOut.addSubnet('2000::', 3, 'ipv6');

/** @see https://www.iana.org/assignments/iana-ipv6-special-registry/ */
const notPublicOfThose = new BlockList();
notPublicOfThose.addSubnet('2001::', 23, 'ipv6');
notPublicOfThose.addSubnet('2002::', 16, 'ipv6');

/** Whether the text is an IP address of the internet: none of a private network, of one machine, or of special use. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic.check(address);
  // A zone is of this machine.
  if (!isIPv6(address) || address.includes('%')) return false;
  return givenOut.check(address, 'ipv6') && !notPublicOfThose.check(address, 'ipv6');
}
