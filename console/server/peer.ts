import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** The sockets of the machine, with their owners. Linux alone has it. */
const tableFile = '/proc/net/tcp';

/**
 * Whether somebody else than the user of this process, or root, is at the other end of a connection on the loopback
 * interface. False where the system does not tell.
 *
 * The address with its token stands in the list of processes for as long as the browser is being started with it, and
 * every user of the machine can read that list.
 */
export async function isOfAnotherUser({ remotePort, localPort }: Socket): Promise<boolean> {
  const own = process.getuid?.();
  const table = await readFile(tableFile, 'utf8').catch(() => '');
  const user = userOfSocket(table, { localPort: remotePort, remotePort: localPort });
  return user !== undefined && user !== own && user !== 0;
}

/** The id of the user who has the socket with these ports, on 127.0.0.1 at both ends; see proc_net_tcp of the kernel. */
export function userOfSocket(
  table: string,
  {
    localPort = 0,
    remotePort = 0,
  }: { readonly localPort: number | undefined; readonly remotePort: number | undefined },
): number | undefined {
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , user] = line.trim().split(/\s+/);
    if (local === loopback(localPort) && remote === loopback(remotePort)) return Number(user);
  }
  return undefined;
}

/** 127.0.0.1 and a port, as the table writes them: the bytes of the address in the order of the machine. */
function loopback(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
