import { parseArgs } from 'node:util';
import { languageOf } from '../../shared/platform/language.ts';
import { programs } from '../../shared/platform/programs.ts';
import { SteerableClock } from '../clock.ts';
import { giveUp, readArguments, UsageError, wholeNumber } from '../starting.ts';
import { simulatorUsage } from '../usage.ts';
import { startSimulator, type SimulatorOptions } from './simulator.ts';

let port = 0;
try {
  const options = readOptions();
  if (options === 'help') console.log(simulatorUsage(languageOf(process.env)));
  else {
    ({ port } = options);
    await run(options);
  }
} catch (error) {
  giveUp(error, [[port, '--port or SIM_PORT']]);
}

async function run(options: SimulatorOptions): Promise<void> {
  const { clock } = options;
  const simulator = await startSimulator(options);
  console.log(JSON.stringify({ ready: true, simulator: simulator.url }));
  const ticking = setInterval(() => void clock.tick(), 1000);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      clearInterval(ticking);
      void simulator.close();
    });
  }
}

/** Throws UsageError. */
function readOptions() {
  const { values } = readArguments(parse, programs.simulatorWith);
  if (values.help) return 'help';
  const env = process.env;
  const appid = values.appid ?? env['SIM_APPID'];
  const secret = values.secret ?? env['SIM_SECRET'];
  const publicUrl = values['public-url'] ?? env['SIM_PUBLIC_URL'];
  const followers = wholeNumber('--followers', values.followers ?? env['SIM_FOLLOWERS'] ?? '0');
  if (appid !== undefined && secret === undefined) {
    throw new UsageError('An account needs a secret: --secret or SIM_SECRET.');
  }
  const port = values.port ?? env['SIM_PORT'] ?? '8788';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError('--port or SIM_PORT is a port number from 0 to 65535.');
  }
  if (publicUrl !== undefined && !URL.canParse(publicUrl)) {
    throw new UsageError('--public-url or SIM_PUBLIC_URL is an address such as http://wechat.example:8788.');
  }
  return {
    clock: new SteerableClock(),
    port: Number(port),
    host: values.host ?? env['SIM_HOST'] ?? '127.0.0.1',
    pushHosts: values['push-host'] ?? [],
    seed: wholeNumber('--seed', values.seed ?? env['SIM_SEED'] ?? '1'),
    accounts: appid !== undefined && secret !== undefined ? [{ appid, secret, followers }] : [],
    ...(publicUrl !== undefined && { publicUrl }),
    ...(!values.quiet && { log: (line: string) => console.error(line) }),
  };
}

function parse() {
  return parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      'public-url': { type: 'string' },
      'push-host': { type: 'string', multiple: true },
      seed: { type: 'string' },
      appid: { type: 'string' },
      secret: { type: 'string' },
      followers: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}
