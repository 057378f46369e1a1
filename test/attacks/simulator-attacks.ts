import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { startSimulator as StartSimulator } from '../../local/simulator/simulator.ts';
import { brokenIf, type Attack, type Outcome, type Service } from './scene.ts';

const account = { appid: 'wxcccccccccccccccc', secret: '0123456789abcdef0123456789abcdef' };
const options = { push_token: 'TheTokenOfThePushes1', push_retries: 0 };
const token = `/cgi-bin/token?grant_type=client_credential&appid=${account.appid}&secret=${account.secret}`;

/** A request as a browser sends it, with headers that only browsers set. Returns the status. */
type Send = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
) => Promise<number | undefined>;

/** Runs an attack on a simulator of this build, as it stands on a developer's machine. */
async function onSimulator(service: Service, attack: (send: Send) => Promise<Outcome>): Promise<Outcome> {
  const { startSimulator } = (await service.module('local/simulator/simulator.ts')) as {
    startSimulator: typeof StartSimulator;
  };
  const accounts = [{ ...account, followers: 1, options }];
  const simulator = await startSimulator({ clock: service.kit.clock, accounts });
  const send: Send = (path, headers, body) =>
    new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      request(simulator.url + path, { method, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end(body === undefined ? '' : JSON.stringify(body));
    });
  try {
    if ((await send(token, {})) !== 200) throw new Error('A program gets no token either.');
    return await attack(send);
  } finally {
    await simulator.close();
  }
}

/** Runs an attack beside a server that is not on the loopback address by what its own address says. */
async function besideIntranet(attack: (url: string) => Promise<unknown>): Promise<Outcome> {
  let calls = 0;
  const server = createServer((_, response) => {
    calls += 1;
    response.end('what only this machine can read');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    // Systems lead it to this machine, as they lead names of an intranet to machines there.
    await attack(`http://0.0.0.0:${(server.address() as AddressInfo).port}/`);
    return brokenIf(calls > 0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Attacks of a web page that is open in the browser of a developer, on the simulator that runs beside it. */
export const simulatorAttacks = {
  /** Such a request needs no leave of the server's, since forms could always send it. */
  'a form of a foreign page that steers the simulator': (service) =>
    onSimulator(service, async (send) => {
      const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
      return brokenIf((await send('/_sim/users', headers, { appid: account.appid })) === 201);
    }),

  'a picture on a foreign page that has the simulator make a token': (service) =>
    onSimulator(service, async (send) =>
      brokenIf((await send(token, { 'sec-fetch-site': 'cross-site' })) === 200),
    ),

  /** DNS rebinding: for the browser the simulator is then the page's own server, so it reads the answers. */
  'a host name that was made to point at the simulator': (service) =>
    onSimulator(service, async (send) => {
      const statuses = [
        await send(token, { host: 'evil.example' }),
        await send('/_sim/users', { host: 'evil.example:8788' }, { appid: account.appid }),
      ];
      return brokenIf(statuses.some((status) => status !== 403));
    }),

  "the simulator's pushes sent into a network": (service) =>
    besideIntranet((url) =>
      onSimulator(service, async (send) => {
        await send('/_sim/push', {}, { appid: account.appid, url, event: 'verify' });
        return 'held';
      }),
    ),

  "an account's pushes sent into a network": (service) =>
    besideIntranet((url) =>
      onSimulator(service, async (send) => {
        await send('/_sim/accounts', {}, { ...account, options: { ...options, push_url: url } });
        await send('/_sim/users', {}, { appid: account.appid, subscribe: true });
        return 'held';
      }),
    ),
} satisfies Record<string, Attack>;
