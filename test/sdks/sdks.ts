import type { Step } from './judge.ts';
import type { languages } from './languages.ts';
import type { WayName } from './ways.ts';

/** An SDK that is published, at the version that runs here. */
export interface Sdk {
  readonly name: string;
  readonly version: string;
  readonly language: keyof typeof languages;
  /** The driver's file in the folder of its language. */
  readonly driver: string;
  /** An adapter of examples/ is tried with it. */
  readonly adapter?: true;
  /** It takes its tokens from where its calls go, so that it cannot have them from one place and call another. */
  readonly oneAddress?: true;
  /** What is known not to work, and why. A run fails where it does. */
  readonly known?: Partial<Record<WayName, Partial<Record<Step, string>>>>;
}

const keepsDeadToken: Sdk['known'] = {
  token: { storm: 'it keeps a token that WeChat rejects until its time is over' },
};

export const sdks: readonly Sdk[] = [
  {
    name: 'WxJava',
    adapter: true,
    version: '4.7.0',
    language: 'java',
    driver: 'Driver.java',
    oneAddress: true,
  },
  {
    name: 'silenceper/wechat',
    adapter: true,
    version: '2.1.10',
    language: 'go',
    driver: 'main.go',
    known: keepsDeadToken,
  },
  { name: 'wechatpy', adapter: true, version: '1.8.18', language: 'python', driver: 'driver.py' },
  {
    name: 'co-wechat-api',
    adapter: true,
    version: '3.11.0',
    language: 'node',
    driver: 'co-wechat-api.ts',
    oneAddress: true,
  },
  { name: 'wechat-api', version: '1.35.1', language: 'node', driver: 'wechat-api.ts', oneAddress: true },
  {
    name: 'node-easywechat',
    version: '3.6.2',
    language: 'node',
    driver: 'node-easywechat.ts',
    known: keepsDeadToken,
  },
];
