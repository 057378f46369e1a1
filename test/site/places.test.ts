import { expect, test } from '@jest/globals';
import { addressOf, pages, placeOf, slugOf, sources } from '../../site/places.ts';

test.each([
  ['docs/broker.md', 'refresh-protocol.md#a-rejected-token', '/refresh-protocol.html#a-rejected-token'],
  ['docs/broker.md', '../README.md', '/'],
  ['docs/broker.md', '../README.md#start', '/#start'],
  ['docs/zh/broker.md', '../../README.zh-CN.md', '/zh/'],
  ['docs/zh/broker.md', '../benchmarks.md', '/benchmarks.html'],
  ['docs/zh/security.md', '../../SECURITY.zh-CN.md', '/zh/security-policy.html'],
  ['README.md', 'docs/drop-in.md', '/drop-in.html'],
  ['examples/README.md', '../docs/broker.md#in-a-back-end', '/broker.html#in-a-back-end'],
  ['docs/zh/broker.md', '../../examples/README.zh-CN.md', '/zh/examples.html'],
  ['docs/adr/0002-data-layout.md', '../costs.md', '/costs.html'],
])('in %s the link %s leads to %s on the site', (page, link, address) => {
  expect(addressOf(link, page)).toBe(address);
});

test.each(['https://example.com/a.md', 'mailto:somebody@example.com', '#start', '/api/'])(
  'the link %s stays as it is',
  (link) => {
    expect(addressOf(link, 'docs/broker.md')).toBe(link);
  },
);

test('a link to a file or a folder that is no page leads to a page that shows it', () => {
  expect(addressOf('../cdk/bundle.ts', 'docs/costs.md')).toBe('/source/cdk/bundle-ts.html');
  expect(addressOf('adr/', 'docs/architecture.md')).toBe('/source/docs/adr.html');
  const shown = new Map(sources().map(({ place, content }) => [place, content]));
  expect(shown.get('cdk/bundle-ts')).toMatch(/^# cdk\/bundle\.ts\n\n```ts\n/);
  expect(shown.get('docs/adr')).toContain('](/adr/0002-data-layout.html)');
});

test('the OpenAPI document is shown as the API reference', () => {
  expect(addressOf('openapi.json', 'docs/broker.md')).toBe('/api/');
});

test('a link to what is not in the repository is an error that names it', () => {
  expect(() => addressOf('gone.md', 'docs/broker.md')).toThrow(
    'docs/broker.md has a link to gone.md, which is not there.',
  );
});

test('each page has a place of its own, also where upper and lower case are one', () => {
  const places = pages.map((page) => placeOf(page).toLowerCase());
  expect(places.length).toBeGreaterThan(40);
  expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
});

test('a heading has the id that Git hosts give it', () => {
  expect(slugOf('Who read what?')).toBe('who-read-what');
  expect(slugOf('`GET /health` & the like')).toBe('get-health--the-like');
  expect(slugOf('部署：中国区域')).toBe('部署中国区域');
});
