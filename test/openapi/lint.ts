import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';
import { readFile } from 'node:fs/promises';

/** Something that a linter says of the document. */
interface Finding {
  readonly rule: string;
  readonly place: string;
  readonly message: string;
}

/**
 * What two linters say of an OpenAPI document, warnings and hints included: Redocly's recommended rules, with those
 * on examples, and Spectral's.
 *
 * @see https://redocly.com/docs/cli/rules/built-in-rules
 * @see https://docs.stoplight.io/docs/spectral/4dec24461f3af-open-api-rules
 */
export async function findings(document: string): Promise<Finding[]> {
  return [...(await byRedocly(document)), ...(await bySpectral(document))];
}

async function byRedocly(document: string): Promise<Finding[]> {
  const config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
      'no-invalid-media-type-examples': 'error',
      'no-invalid-parameter-examples': 'error',
      'no-invalid-schema-examples': 'error',
      'operation-description': 'error',
      'parameter-description': 'error',
      'tag-description': 'error',
    },
  });
  // The name is what findings and references within begin with; no file is read.
  const problems = await lintFromString({ source: document, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location: [place] }) => ({
    rule: `redocly ${ruleId}`,
    place: place?.pointer ?? '',
    message,
  }));
}

async function bySpectral(document: string): Promise<Finding[]> {
  const spectral = new spectralCore.Spectral();
  // Its own types do not say that it is one.
  spectral.setRuleset(spectralRulesets.oas as RulesetDefinition);
  const results = await spectral.run(document);
  return results.map(({ code, message, path }) => ({
    rule: `spectral ${code}`,
    place: `#/${path.join('/')}`,
    message,
  }));
}

if (import.meta.main) {
  const [file = 'docs/openapi.json'] = process.argv.slice(2);
  const found = await findings(await readFile(file, 'utf8'));
  for (const { rule, place, message } of found) process.stdout.write(`${rule} at ${place}: ${message}\n`);
  process.stdout.write(`${found.length} findings in ${file}\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
