import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const refusal = { ok: false, problem: { code: 'account_unknown', title: 'There is no such account.' } };

/** Stands where the local stack would be for the tests of a file: counts what is sent, and refuses it. */
export function refusingService(): { port(): string; sent(): number } {
  return answeringService(() => refusal);
}

/** The same with another answer to each command. */
export function answeringService(answer: () => object): { port(): string; sent(): number } {
  let server: Server;
  let sent = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      sent += 1;
      request.resume().on('end', () => response.end(JSON.stringify(answer())));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    sent = 0;
  });
  return { port: () => String((server.address() as AddressInfo).port), sent: () => sent };
}
