import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startConsole } from '../console/server/server.ts';
import { forwardSchema, originSchema } from '../functions/admin/schemas.ts';
import { isTokenMode, tokenModes } from '../shared/accounts/accounts.ts';
import { documents } from '../shared/platform/documents.ts';
import { languageOf } from '../shared/platform/language.ts';
import type { LogSink } from '../shared/platform/log.ts';
import { programs } from '../shared/platform/programs.ts';
import { type AppId, appIdSchema } from '../shared/wechat/tokens.ts';
import { localPorts } from './addresses.ts';
import { readApiReference } from './api-reference.ts';
import type { LambdaHandler } from './aws/lambda.ts';
import { askAdmin, startStack } from './stack.ts';
import {
  describeStart,
  describeStoreFault,
  giveUp,
  inLanguage,
  readArguments,
  readyLine,
  UsageError,
  wholeNumber,
} from './starting.ts';
import { startUsage } from './usage.ts';
import { buildWeb } from './web.ts';

// The embedded database throws a fault of its store where nobody can catch it.
process.once('uncaughtException', (error) => {
  const fault = describeStoreFault(error);
  console.error(fault === undefined ? error : inLanguage(fault));
  process.exit(1);
});
try {
  await main();
} catch (error) {
  giveUp(error, portsInUse());
}

async function main(): Promise<void> {
  const { values } = readArguments(parse, programs.startWith);
  if (values.help === true) {
    console.log(startUsage(languageOf(process.env)));
    return;
  }
  const apiReference = await readApiReference();
  const stack = await startStack({
    ports: localPorts(process.env),
    log: stderrLog(values.verbose === true),
    dataDir: values.data,
    ...checked(values),
    web: await buildWeb(apiReference.files),
    apiReference,
    origins: values.origin,
    forward: values.forward,
    eventConsumer: values.events === undefined ? undefined : await loadHandler(values.events),
  });
  const served = await startConsole({
    port: localPorts(process.env).console,
    place: 'local',
    send: (command) => askAdmin(stack.runtime, command),
    simulator: stack.simulator,
  });
  const ready = { ...stack, console: served.url };
  console.log(process.stdout.isTTY ? describeStart(ready, languageOf(process.env)) : readyLine(ready));

  const stop = () => {
    void Promise.all([served.close(), stack.close()]).then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function parse() {
  return parseArgs({
    options: {
      data: { type: 'string' },
      mode: { type: 'string' },
      followers: { type: 'string' },
      origin: { type: 'string', multiple: true },
      events: { type: 'string' },
      forward: { type: 'string' },
      verbose: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/** What can be wrong in a value. Throws UsageError. */
function checked({ mode, followers, origin = [], forward }: ReturnType<typeof parse>['values']) {
  if (mode !== undefined && !isTokenMode(mode)) {
    throw new UsageError(`--mode is ${tokenModes.join(' or ')}.`);
  }
  if (origin.some((each) => !originSchema.safeParse(each).success)) {
    throw new UsageError('--origin is an origin such as http://localhost:5173, without a slash at its end.');
  }
  if (forward !== undefined && !forwardSchema.safeParse(forward).success) {
    throw new UsageError('--forward is an address such as http://localhost:3000/wechat.');
  }
  return {
    mode,
    followers: followers === undefined ? undefined : wholeNumber('--followers', followers),
    wechat: realAccount(),
  };
}

/** The account at WeChat itself that the environment names. Throws UsageError. */
function realAccount(): { appId: AppId; secret: string } | undefined {
  const { WECHAT_APP_ID: given, WECHAT_APP_SECRET: secret } = process.env;
  if (given === undefined && secret === undefined) return undefined;
  if (given === undefined || secret === undefined) {
    throw new UsageError('Set both WECHAT_APP_ID and WECHAT_APP_SECRET, or neither.');
  }
  const appId = appIdSchema.safeParse(given);
  if (!appId.success) throw new UsageError('WECHAT_APP_ID must be wx and 16 hexadecimal digits.');
  return { appId: appId.data, secret };
}

/** Which variable chooses which port. */
function portsInUse(): (readonly [port: number, variable: string])[] {
  try {
    const { api, simulator, aws, console } = localPorts(process.env);
    return [
      [api, 'PORT'],
      [simulator, 'SIM_PORT'],
      [aws, 'AWS_PORT'],
      [console, 'CONSOLE_PORT'],
    ];
  } catch {
    // It is the fault that is told.
    return [];
  }
}

/** Throws UsageError. */
async function loadHandler(file: string): Promise<LambdaHandler> {
  if (!existsSync(file)) {
    throw new UsageError(
      `There is no file ${file}. --events is a module such as the one in ${documents}/events.md.`,
    );
  }
  const { handler } = (await import(pathToFileURL(resolve(file)).href)) as { handler?: unknown };
  if (typeof handler !== 'function') throw new Error(`${file} exports no function of the name handler.`);
  return handler as LambdaHandler;
}

/** One line of JSON a message on stderr, so that stdout has the ready line alone. */
function stderrLog(verbose: boolean): LogSink {
  const write = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    console.error(JSON.stringify({ level, message, ...fields }));
  };
  return {
    info: (message, fields) => {
      if (verbose) write('info', message, fields);
    },
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}
