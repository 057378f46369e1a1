import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';

import { optionsSchema } from '../../local/simulator/accounts.ts';

const ready = z.object({ ready: z.literal(true), simulator: z.url() });

test('the command says in one line where it is, has its demo account, and ends cleanly on SIGTERM', async () => {
  const main = ['local/simulator/main.ts', '--appid', 'wxdemo', '--secret', 'demo', '--followers', '5'];
  const child = spawn(process.execPath, main, { env: { ...process.env, SIM_PORT: '0' } });
  try {
    const [line] = z.parse(z.tuple([z.string()]), await once(createInterface(child.stdout), 'line'));
    const { simulator } = z.parse(ready, JSON.parse(line));
    const query = 'grant_type=client_credential&appid=wxdemo&secret=demo';
    const response = await fetch(`${simulator}/cgi-bin/token?${query}`);
    expect(await response.json()).toHaveProperty('access_token');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test.each(Object.keys(optionsSchema.shape))('the manual explains the account option %s', async (option) => {
  const manual = await readFile('docs/simulator.md', 'utf8');
  expect(manual).toMatch(new RegExp(`^\\| \`${option}\` +\\|`, 'm'));
});
