import { once } from 'node:events';
import { createServer, request as send, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What WeChat says here with its errcode -1. */
export const busyMessage = 'system error of the benchmark';

/** What a request is answered with in the place of the server behind. */
export interface FaultAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A port on loopback that leads to a server, and answers some of the requests itself. */
export interface FaultyProxy {
  readonly url: string;
  /** How many requests have come, and how many of them did not get through. */
  readonly counted: { requests: number; faults: number };
  /** Until then all requests get through. */
  begin(): void;
  /** Sets where it leads to. */
  leadTo(url: string): void;
  close(): Promise<void>;
}

/** Starts a proxy that answers the `part` of the requests, of 0 to 1, with the fault. */
export async function startFaultyProxy({
  part,
  fault,
}: {
  part: number;
  fault: FaultAnswer;
}): Promise<FaultyProxy> {
  let target = '';
  let hasBegun = false;
  const counted = { requests: 0, faults: 0 };
  const server = createServer((incoming, outgoing) => {
    counted.requests += 1;
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => outgoing.destroy());
    incoming.on('end', () => {
      if (hasBegun && Math.random() < part) {
        counted.faults += 1;
        outgoing.writeHead(fault.status, { 'content-type': fault.contentType }).end(fault.body);
        return;
      }
      const { method, headers, url = '/' } = incoming;
      const passed = send(new URL(url, target), { method, headers: withoutHop(headers) }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      passed.end(Buffer.concat(chunks));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counted,
    begin: () => {
      hasBegun = true;
    },
    leadTo: (url) => {
      target = url;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What belongs to one connection, and not to the request. */
function withoutHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection'));
}
