import { afterEach, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { findSimulator } from '../../cli/admin-client.ts';
import { startLocalAws } from '../../local/aws/server.ts';
import { localSimulatorFunction } from '../../local/addresses.ts';
import { close, listen } from '../../local/aws/http.ts';
import { SteerableClock } from '../../local/clock.ts';

const servers: Server[] = [];
const { AWS_PORT: portBefore } = process.env;
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
  if (portBefore === undefined) delete process.env['AWS_PORT'];
  else process.env['AWS_PORT'] = portBefore;
});

/** Puts a server where the stand-ins for AWS are looked for. */
async function serve(answer?: RequestListener): Promise<void> {
  const server = createServer(answer);
  servers.push(server);
  process.env['AWS_PORT'] = new URL(await listen(server)).port;
}

/** What is found where the function of the local stack answers so. */
async function foundWhereTold(address: string | null): Promise<string | undefined> {
  const aws = await startLocalAws({ clock: new SteerableClock() });
  aws.registerFunction(localSimulatorFunction, () => Promise.resolve(address));
  process.env['AWS_PORT'] = new URL(aws.url).port;
  const found = await findSimulator();
  await aws.close();
  return found;
}

test('the simulator is found where the local stack says', async () => {
  expect(await foundWhereTold('http://localhost:50123')).toBe('http://localhost:50123');
});

test('no simulator is found where the local stack talks to WeChat itself', async () => {
  expect(await foundWhereTold(null)).toBeUndefined();
});

test('no simulator is found at a port that takes a request and never answers', async () => {
  await serve();
  expect(await findSimulator(10)).toBeUndefined();
});

test('no simulator is found at a port where something else answers', async () => {
  await serve((_request, response) => response.end('<p>Hello'));
  expect(await findSimulator()).toBeUndefined();
});
