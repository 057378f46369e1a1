import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { synthesize } from './kit.ts';
import { deployPolicy } from './deploy-policy.ts';
import { pagesWithPermissions, permissionTable } from './permission-table.ts';

/** Puts the table of permissions into docs/security.md in both languages, and writes docs/deploy-role-policy.json. */
const marks = /(<!-- permissions -->\n)[\s\S]*(\n<!-- end of permissions -->)/;
const made = synthesize({ region: 'us-east-1', egress: 'none', eventBus: 'pushes' });
for (const [page, head] of Object.entries(pagesWithPermissions)) {
  const target = fileURLToPath(new URL(`../../${page}`, import.meta.url));
  const text = readFileSync(target, 'utf8').replace(
    marks,
    (_, begin: string, end: string) => `${begin}\n${permissionTable(made, head)}\n${end}`,
  );
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), parser: 'markdown' }));
  process.stdout.write(`Wrote ${target}.\n`);
}

const policy = fileURLToPath(new URL('../../docs/deploy-role-policy.json', import.meta.url));
writeFileSync(policy, await format(deployPolicy(), { ...(await resolveConfig(policy)), parser: 'json' }));
process.stdout.write(`Wrote ${policy}.\n`);
