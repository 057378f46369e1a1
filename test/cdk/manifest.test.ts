import { expect, test } from '@jest/globals';
import { entries, manifest, usual, type Entry } from '../../functions/manifest.ts';
import { ofType, one, synthesize } from './kit.ts';

const made = synthesize({ region: 'us-east-1' });

/** The logical id of the Lambda of an entry. */
function idOf(entry: Entry): string {
  const name = entry
    .slice(entry.indexOf('/') + 1)
    .replaceAll(/(^|-)\w/g, (start) => start.slice(-1).toUpperCase());
  return one(made, 'AWS::Lambda::Function', `${name}Function`)[0];
}

/** Whether a resource of the type names the function of the entry, or its alias. */
function leadsTo(type: string, entry: Entry): boolean {
  const id = idOf(entry);
  const aliases = ofType(made, 'AWS::Lambda::Alias').flatMap(([alias, { Properties }]) =>
    JSON.stringify(Properties['FunctionName']) === JSON.stringify({ Ref: id }) ? [alias] : [],
  );
  return ofType(made, type).some(([, { Properties }]) =>
    [id, ...aliases].some((name) => JSON.stringify(Properties).includes(`"${name}"`)),
  );
}

const triggers = {
  sweep: 'AWS::Scheduler::Schedule',
  queue: 'AWS::Lambda::EventSourceMapping',
  authorizer: 'AWS::ApiGatewayV2::Authorizer',
  routes: 'AWS::ApiGatewayV2::Integration',
};

test('the stack has every function of the manifest, and no other', () => {
  const ids = ofType(made, 'AWS::Lambda::Function').map(([id]) => id);
  expect(ids.toSorted()).toEqual(entries.map(idOf).toSorted());
});

test.each(entries)('%s has the time and the memory that the manifest says', (entry) => {
  const { timeoutSeconds, memoryMiB } = { ...usual, ...manifest[entry] };
  const { Properties } = made.resources.get(idOf(entry)) ?? {};
  expect(Properties).toMatchObject({ Timeout: timeoutSeconds, MemorySize: memoryMiB });
});

test.each(entries)('%s is run by what the manifest says, and by nothing else', (entry) => {
  const { by } = manifest[entry].trigger ?? { by: 'routes' };
  const found = Object.entries(triggers).flatMap(([name, type]) => (leadsTo(type, entry) ? [name] : []));
  // The operator calls it by its name.
  expect(found).toEqual(by === 'operator' ? [] : [by]);
});
