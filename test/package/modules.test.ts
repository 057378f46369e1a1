import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleModules } from '../../package/modules.ts';

test('an error that nobody catches is not lost in the line of source that Node.js prints above it', async () => {
  const outdir = mkdtempSync(join(tmpdir(), 'modules-'));
  try {
    await bundleModules({ outdir, entries: { client: 'package/entries/client.ts' } });
    const text = `import { Keyring } from './client.mjs'; await new Keyring({ baseUrl: 'http://127.0.0.1:1' }).token();`;
    const how = { cwd: outdir, encoding: 'utf8' } as const;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], how);
    expect(stderr).toContain('KeyringError: network');
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(400);
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
