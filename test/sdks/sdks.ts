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
  /** What is known not to work, and why. A run fails where it does. */
  readonly known?: Partial<Record<WayName, Partial<Record<Step, string>>>>;
}

export const sdks: readonly Sdk[] = [
  { name: 'WxJava', version: '4.7.0', language: 'java', driver: 'Driver.java' },
  { name: 'silenceper/wechat', version: '2.1.10', language: 'go', driver: 'main.go' },
  { name: 'wechatpy', version: '1.8.18', language: 'python', driver: 'driver.py' },
  { name: 'co-wechat-api', version: '3.11.0', language: 'node', driver: 'co-wechat-api.ts' },
  { name: 'wechat-api', version: '1.35.1', language: 'node', driver: 'wechat-api.ts' },
  { name: 'node-easywechat', version: '3.6.2', language: 'node', driver: 'node-easywechat.ts' },
];
