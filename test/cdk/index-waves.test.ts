import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { followerIndexes } from '../../shared/followers/mirror/follower-item.ts';
import { one, synthesize } from './kit.ts';

const indexesSchema = z.object({
  GlobalSecondaryIndexes: z.array(z.looseObject({ IndexName: z.string() })).default([]),
});

/** The indexes of Followers in the template, by name. */
function indexesWith(overrides: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [, { Properties }] = one(
    synthesize({ region: 'us-east-1', ...overrides }),
    'AWS::DynamoDB::GlobalTable',
    'TablesFollowers',
  );
  const { GlobalSecondaryIndexes } = indexesSchema.parse(Properties);
  return Object.fromEntries(GlobalSecondaryIndexes.map((index) => [index.IndexName, index]));
}

const names = Object.keys(followerIndexes);

test('each wave adds one index to the table, and leaves the others as they are', () => {
  let before: Record<string, unknown> = {};
  for (let wave = 1; wave <= names.length; wave += 1) {
    const now = indexesWith({ followerIndexes: `${wave}` });
    expect(Object.keys(now)).toHaveLength(Object.keys(before).length + 1);
    expect(now).toMatchObject(before);
    before = now;
  }
  expect(before).toEqual(indexesWith({}));
});

test('a wave is the same in each version: an index is only added behind those that there are', () => {
  expect(names.slice(0, 3)).toEqual(['followed', 'profiled', 'sharing']);
});

test('functions may query an index that comes later, and are told nothing of how many there are', () => {
  const [one, all] = [{ followerIndexes: '1' }, {}].map((overrides) => {
    const { resources } = synthesize({ region: 'us-east-1', ...overrides });
    return [...resources].filter(([id]) => !id.startsWith('TablesFollowers'));
  });
  expect(one).toEqual(all);
});
