import { parseArgs } from 'node:util';

import { SteerableClock } from '../clock.ts';

import type { AccountInput } from './accounts.ts';
import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    'public-url': { type: 'string' },
    seed: { type: 'string' },
    appid: { type: 'string' },
    secret: { type: 'string' },
    followers: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});
const env = process.env;
const appid = values.appid ?? env['SIM_APPID'];
const publicUrl = values['public-url'] ?? env['SIM_PUBLIC_URL'];

const secret = values.secret ?? env['SIM_SECRET'];
const followers = wholeNumber('followers', values.followers ?? env['SIM_FOLLOWERS'] ?? '0');

const accounts: AccountInput[] = [];
if (appid !== undefined && secret !== undefined) accounts.push({ appid, secret, followers });
else if (appid !== undefined) throw new Error('an account needs a secret: --secret or SIM_SECRET');

const clock = new SteerableClock();
const simulator = await startSimulator({
  clock,
  port: wholeNumber('port', values.port ?? env['SIM_PORT'] ?? '8788'),
  host: values.host ?? env['SIM_HOST'] ?? '127.0.0.1',
  seed: wholeNumber('seed', values.seed ?? env['SIM_SEED'] ?? '1'),
  accounts,
  ...(publicUrl !== undefined && { publicUrl }),
  ...(!values.quiet && { log: (line: string) => console.error(line) }),
});
console.log(JSON.stringify({ ready: true, simulator: simulator.url }));

const ticking = setInterval(() => void clock.tick(), 1000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(ticking);
    void simulator.close();
  });
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}
