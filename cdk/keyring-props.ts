import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConfigError, notesOn, readConfig } from './config.ts';
import type { Config, Egress } from './config.ts';
import { KeyringStack as Stack } from './keyring-stack.ts';

/** What the keys without a default are, and that the others may be left out: docs/deploy.md has them all. */
export type KeyringProps = Pick<Config, 'monitoring'> &
  Partial<Omit<Config, 'egress' | 'monitoring'>> & {
    /** The way of mints to WeChat, by its name where it needs no more. No default. */
    readonly egress: Egress | 'none' | 'nat-gateway' | 'nat-instance';
  };

/**
 * The whole service as a stack in an app of yours. Its functions are in the package: nothing is built. Without `region`
 * it takes that of the AWS profile in use.
 *
 * @throws ConfigError with every fault at once
 */
export class KeyringStack extends Stack {
  constructor(scope: Construct, id: string, props: KeyringProps) {
    const config = configOf(props);
    super(scope, id, config);
    const asProp = (key: string, value: string) => `${key}: '${value}'`;
    for (const note of notesOn(config, asProp)) Annotations.of(this).addInfo(note);
  }
}

function configOf(props: KeyringProps): Config {
  // What is given as undefined has its default.
  const given = Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
  try {
    return readConfig((key) => (key === 'keyring' ? given : undefined), process.env['CDK_DEFAULT_REGION']);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The examples are for the command line.
    const shown = error.faults.map((fault) => fault.replace(/ For example: .*$/s, ''));
    // By its name alone it was no object that has a part `via`.
    const byName = typeof props.egress === 'string';
    const faults = byName ? shown.map((fault) => fault.replace(/^egress\.via /, 'egress ')) : shown;
    throw new ConfigError(faults, 'Set them in the props of KeyringStack.');
  }
}
