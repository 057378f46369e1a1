import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A forward proxy on loopback. It does what it is asked, and notes it. */
export interface ProxyServer {
  readonly url: string;
  /** Such as `CONNECT 127.0.0.1:443`, with the `Proxy-Authorization` of each. */
  readonly asked: readonly { readonly what: string; readonly authorization: string | undefined }[];
  /** What went through its tunnels, in both directions. */
  readonly tunnelled: () => Buffer;
  close(): Promise<void>;
}

/** `answer` is the status that a CONNECT gets; a tunnel is made with 200 only, and none at all with `hang`. */
export async function startProxy(answer: number | 'hang' = 200): Promise<ProxyServer> {
  const asked: { what: string; authorization: string | undefined }[] = [];
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    asked.push({
      what: `${String(request.method)} ${String(request.url)}`,
      authorization: request.headers['proxy-authorization'],
    });
    const onward = send(request.url ?? '', { method: request.method, headers: request.headers }, (from) => {
      response.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.on('connect', (request, client: Socket) => {
    asked.push({
      what: `CONNECT ${String(request.url)}`,
      authorization: request.headers['proxy-authorization'],
    });
    if (answer === 'hang') return;
    if (answer !== 200) {
      client.end(`HTTP/1.1 ${answer} no\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${String(request.url)}`);
    const target = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.on('data', (data: Buffer) => chunks.push(data)).pipe(target);
      target.on('data', (data: Buffer) => chunks.push(data)).pipe(client);
    });
    sockets.add(target);
    target.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy listens on no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    tunnelled: () => Buffer.concat(chunks),
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
