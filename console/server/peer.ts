import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** The sockets of the machine, with their owners; see proc_net_tcp of the kernel. Linux alone has them. */
const tableFiles = ['/proc/net/tcp', '/proc/net/tcp6'];

/** One end of a connection: an IPv4 address and a port. */
interface End {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/**
 * Whether somebody else than the user of this process, or root, is at the other end of a connection within the machine.
 * False where the system does not tell.
 *
 * The address with its token stands in the list of processes for as long as the browser is being started with it, and
 * every user of the machine can read that list.
 */
export async function isOfAnotherUser(socket: Socket): Promise<boolean> {
  const tables = await Promise.all(tableFiles.map((file) => readFile(file, 'utf8').catch(() => '')));
  const table = tables.join('\n');
  const ours = { address: socket.localAddress, port: socket.localPort };
  const theirs = { address: socket.remoteAddress, port: socket.remotePort };
  // A table that does not have our end tells nothing of the other one.
  if (userOfSocket(table, ours, theirs) === undefined) return false;
  const user = userOfSocket(table, theirs, ours);
  return user !== process.getuid?.() && user !== 0;
}

/** The id of the user who has the socket with these ends. */
export function userOfSocket(table: string, local: End, remote: End): number | undefined {
  const [from, to] = [formsOf(local), formsOf(remote)];
  for (const line of table.split('\n')) {
    const [, one = '', other = '', , , , , user] = line.trim().split(/\s+/);
    if (from.includes(one) && to.includes(other)) return Number(user);
  }
  return undefined;
}

/** An end as the tables write it, of a socket for IPv4 and of one for IPv6: the bytes of an address stand in reverse. */
function formsOf({ address = '', port = 0 }: End): string[] {
  const bytes = address
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number)
    .toReversed();
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const form = `${bytes.map((byte) => hex(byte, 2)).join('')}:${hex(port, 4)}`;
  return [form, `0000000000000000FFFF0000${form}`];
}
