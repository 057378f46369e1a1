import type { startConsole as StartConsole } from '../../console/server/server.ts';
import { send, type Answered } from '../console/requests.ts';
import { brokenIf, type Attack, type Outcome, type Service } from './scene.ts';

/** A console of this build as it runs on an operator's machine, and its address before anybody has opened it. */
interface Target {
  readonly origin: string;
  readonly token: string;
  /** The commands that it has sent. */
  readonly sent: readonly object[];
  /** Exchanges the token, as the operator's browser does. */
  readonly enter: () => Promise<Answered>;
}

async function onConsole(service: Service, attack: (target: Target) => Promise<Outcome>): Promise<Outcome> {
  const { startConsole } = (await service.module('console/server/server.ts')) as {
    startConsole: typeof StartConsole;
  };
  const sent: object[] = [];
  const served = await startConsole({
    place: 'local',
    send: (command) => {
      sent.push(command);
      return Promise.resolve({ ok: true, result: { now: 1, accounts: [] } });
    },
  });
  const { origin, hash } = new URL(served.url);
  const token = hash.slice(1);
  try {
    return await attack({
      origin,
      token,
      sent,
      enter: () => send(`${origin}/session`, { body: { token } }),
    });
  } finally {
    await served.close();
  }
}

/** Attacks on the console of an operator, by web pages that are open beside it and by users of the same machine. */
export const consoleAttacks = {
  /** DNS rebinding: for the browser the console is then the page's own server. */
  'a host name that was made to point at the console': (service) =>
    onConsole(service, async ({ origin }) => {
      const { status } = await send(`${origin}/`, { method: 'GET', headers: { host: 'evil.example' } });
      return brokenIf(status === 200);
    }),

  /** It cannot read the answer, but the operator could not open the console any more. */
  "a form of a foreign page that uses up the console's token": (service) =>
    onConsole(service, async ({ origin, token, enter }) => {
      const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
      await send(`${origin}/session`, { headers, body: { token } });
      return brokenIf((await enter()).status !== 200);
    }),

  'a script on a foreign page that loads files of the console': (service) =>
    onConsole(service, async ({ origin }) => {
      const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'script' };
      const { status } = await send(`${origin}/assets/main.js`, { method: 'GET', headers });
      return brokenIf(status === 200);
    }),

  'a foreign page that frames the console': (service) =>
    onConsole(service, async ({ origin }) => {
      const { headers } = await send(`${origin}/`, { method: 'GET' });
      const policy = headers['content-security-policy'] ?? '';
      return brokenIf(!policy.includes("frame-ancestors 'none'") && headers['x-frame-options'] !== 'DENY');
    }),

  'a second opening of an address of the console': (service) =>
    onConsole(service, async ({ enter }) => {
      if ((await enter()).status !== 200) throw new Error('The operator cannot open it either.');
      return brokenIf((await enter()).status === 200);
    }),

  'a call of the console without the key of its session': (service) =>
    onConsole(service, async ({ origin, sent, enter }) => {
      await enter();
      await send(`${origin}/admin`, { body: { command: 'status' } });
      return brokenIf(sent.length > 0);
    }),

  'a command that stores another AppSecret, sent through the console': (service) =>
    onConsole(service, async ({ origin, sent, enter }) => {
      const { session } = (await enter()).json as { session: string };
      const body = { command: 'account.rotate-secret', account: 'default', secret: 'x' };
      await send(`${origin}/admin`, { headers: { authorization: `Bearer ${session}` }, body });
      return brokenIf(sent.length > 0);
    }),
} satisfies Record<string, Attack>;
