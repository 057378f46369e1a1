import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { onlyNeeded, run, start } from './children.ts';
import { installPackages } from './python.ts';
import { until } from './steps.ts';

const whatToInstall = [
  'npm run test:deploy needs Python 3.10 or newer, with its modules venv and ensurepip, and the openssl command.',
  '  Debian, Ubuntu: apt-get install python3 python3-venv openssl',
  '  Fedora: dnf install python3 openssl',
  '  macOS: brew install python openssl',
].join('\n');

/** A running emulator of AWS. */
export interface Emulator {
  /** Where every AWS service answers. */
  readonly url: string;
  readonly port: number;
  /** The certificate it shows, as a path and as PEM text. */
  readonly certificateFile: string;
  readonly certificate: string;
  /** Its log so far, with what the functions log. */
  readonly log: () => string;
}

/** Makes the Python environment that the emulator runs in. Resolves to its Python. Throws what to install. */
export async function installEmulator(root: string): Promise<string> {
  const openssl = await run('openssl', ['version'], { cwd: root, env: onlyNeeded() });
  if (openssl.code !== 0) throw new Error(whatToInstall);
  return join(await installPackages(root, { folder: 'deploy', minor: 10, whatToInstall }), 'python');
}

/**
 * Starts the emulator on a free port of this machine. It keeps everything in memory and below `folder`.
 *
 * TLS, because the policies of CDK's bucket and of this stack's topic and queue refuse anything else. AUTH, because
 * that is what has it check the IAM policies: the functions run with sessions of their own roles.
 */
export async function startEmulator(python: string, root: string, folder: string): Promise<Emulator> {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  // Its workers are CommonJS, whatever a package.json above the folder for temporary files says.
  await writeFile(join(folder, 'package.json'), '{}');
  const url = `https://127.0.0.1:${port}`;
  const env = {
    ...onlyNeeded(),
    HOME: folder,
    TMPDIR: folder,
    GATEWAY_PORT: String(port),
    USE_SSL: '1',
    AUTH: 'true',
    LAMBDA_EXECUTOR: 'local',
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    LAMBDA_ASYNC_RETRY_BASE_SECONDS: '1',
    PYTHONPATH: join(root, 'test', 'deploy'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  // What its own command runs, but for port 443, which that takes besides where it can.
  const args = ['-m', 'hypercorn', '--config', 'python:ministack.core.hypercorn_conf'];
  const bind = ['--bind', `127.0.0.1:${port}`, '--keep-alive', '75', 'emulator:app'];
  const { process: child, said } = start(python, [...args, ...bind], { cwd: root, env });
  const certificateFile = join(folder, 'ministack-tls', 'server.crt');
  try {
    return await until('the emulator to start', async () => {
      if (child.exitCode !== null) throw new Error('The emulator has ended.');
      if (!existsSync(certificateFile)) return undefined;
      const certificate = await readFile(certificateFile, 'utf8');
      const isUp = await answers(`${url}/_ministack/health`, certificate);
      return isUp ? { url, port, certificateFile, certificate, log: said } : undefined;
    });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : ''} It said:\n${said()}`, { cause: error });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}

function answers(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => {
        resolve(false);
      })
      .end();
  });
}
