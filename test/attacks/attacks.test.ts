import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stop } from 'esbuild';
import type { Kit } from '../kit/kit.ts';
import { accessAttacks } from './access-attacks.ts';
import { Builds, changedSource } from './build.ts';
import { consoleAttacks } from './console-attacks.ts';
import { dropInAttacks } from './dropin-attacks.ts';
import { loginAttacks } from './login-attacks.ts';
import { allChanges, isLayered, mutants, type AttackName, type Change } from './mutants.ts';
import { pushAttacks } from './push-attacks.ts';
import { serviceOf, startScene, type Attack, type Service } from './scene.ts';
import { sessionAttacks } from './session-attacks.ts';
import { simulatorAttacks } from './simulator-attacks.ts';
import { storageAttacks } from './storage-attacks.ts';

const attacks: Record<AttackName, Attack> = {
  ...loginAttacks,
  ...sessionAttacks,
  ...accessAttacks,
  ...dropInAttacks,
  ...pushAttacks,
  ...storageAttacks,
  ...simulatorAttacks,
  ...consoleAttacks,
};

// Each test is short, but there may be little of the machine to have.

let kit: Kit;
let builds: Builds;
beforeAll(async () => {
  builds = new Builds();
  kit = await startScene();
});
afterAll(async () => {
  builds.remove();
  await stop();
  await kit.close();
});

function mutantOf(changes: readonly Change[]): Service {
  return serviceOf(kit, (file) => builds.module(file, changes));
}

describe('the service holds against', () => {
  test.each(Object.entries(attacks))('%s', async (_, attack) => {
    expect(await attack(serviceOf(kit))).toBe('held');
  });
});

describe.each(mutants)('without $without', (mutant) => {
  const { changes, falls } = mutant;
  test.each(falls)('it falls to %s', async (name) => {
    expect(await attacks[name](mutantOf(allChanges(mutant)))).toBe('broken');
  });

  if (!isLayered(changes)) return;
  test.each(changes)('all but one layer, it holds: $name', async (left) => {
    const others = changes.filter((layer) => layer !== left).flatMap((layer) => layer.changes);
    for (const name of falls) {
      expect(await attacks[name](mutantOf(others))).toBe('held');
    }
  });
});

test('what a mutant replaces stands in the source exactly once', () => {
  for (const mutant of mutants) {
    for (const { file } of allChanges(mutant)) {
      expect(() => changedSource(file, allChanges(mutant))).not.toThrow();
    }
  }
});

test('every attack has a mutant that falls to it', () => {
  const bitten = new Set(mutants.flatMap(({ falls }) => falls));
  expect(Object.keys(attacks).filter((name) => !bitten.has(name as AttackName))).toEqual([]);
});
