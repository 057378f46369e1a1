import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import * as z from 'zod/mini';

import type { Line } from './drive.ts';
import type { Setup } from './setup.ts';
import { followerCount, type Way } from './ways.ts';
import { mintsOf, type WeChat } from './wechat.ts';

/** The steps of a run, in order, as the table calls them. */
export const steps = {
  token: 'token',
  refresh: 'forced refresh',
  followers: '25,000 followers',
  info: 'user info',
  batch: 'info of 100',
  ticket: 'JS-SDK ticket',
  template: 'template message',
  upload: 'media up',
  download: 'media down',
  'add material': 'material up',
  'get material': 'material down',
  oauth: 'OAuth login',
  push: 'push decrypted',
  storm: '50 calls after a revocation',
} as const;

export type Step = keyof typeof steps;

/** What came of a step: it worked, the SDK has no such call (and why), or it failed (and how). */
export type Verdict =
  | { readonly outcome: 'yes'; readonly note?: string }
  | { readonly outcome: 'missing' | 'no'; readonly note: string };

/** What is true, against which a driver's lines are held. */
export interface Truth {
  readonly way: Way;
  readonly wechat: WeChat;
  readonly setup: Setup;
  readonly visitor: { readonly openid: string; readonly nickname: string };
}

export function isStep(name: string): name is Step {
  return name in steps;
}

/** Judges one line of a driver. `calls` are those that WeChat got for it. */
export async function judge(
  truth: Truth,
  line: Line & { readonly step: Step },
  calls: ReadonlyMap<string, number>,
): Promise<Verdict> {
  if (line.missing !== undefined) return { outcome: 'missing', note: line.missing };
  if (line.error !== undefined) return { outcome: 'no', note: line.error };
  const fault = await faultOf(truth, line, calls);
  return fault === undefined ? { outcome: 'yes' } : { outcome: 'no', note: fault };
}

/** What is wrong with a value, if anything is. */
async function faultOf(
  truth: Truth,
  line: Line & { readonly step: Step },
  calls: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  const { setup, wechat, visitor, way } = truth;
  const { step, value } = line;
  switch (step) {
    case 'token':
    case 'refresh':
      return (await tokenFault(truth, value)) ?? mintFault(way, calls);
    case 'followers':
      return differs(value, { count: followerCount, distinct: followerCount, first: setup.openids[0] });
    case 'info':
      return differs(value, setup.openids[0]);
    case 'batch':
      return differs(value, setup.openids);
    case 'ticket':
      return differs(value, await wechat.ticket());
    case 'template':
      return Number.isInteger(value) ? undefined : `no message: ${JSON.stringify(value)}`;
    case 'upload':
    case 'add material':
      return typeof value === 'string' && value !== '' ? undefined : `no id: ${JSON.stringify(value)}`;
    case 'download':
    case 'get material':
      return differs(value, hash('sha256', await readFile(setup.file), 'hex'));
    case 'oauth':
      return differs(value, visitor);
    case 'push':
      return differs(value, { event: 'scan', from: visitor.openid });
    case 'storm':
      return stormFault(stormOf(line), mintsOf(calls));
  }
}

async function tokenFault({ way, wechat }: Truth, value: unknown): Promise<string | undefined> {
  if (typeof value !== 'string') return `no token: ${JSON.stringify(value)}`;
  const errcode = await wechat.refusal(value);
  if (way.realToken) return errcode === 0 ? undefined : `WeChat refuses it: ${errcode}`;
  return errcode === 0 ? "it is WeChat's own" : undefined;
}

function mintFault({ sdkMints }: Way, calls: ReadonlyMap<string, number>): string | undefined {
  const mints = mintsOf(calls);
  return sdkMints || mints === 0 ? undefined : `${mints} mints at WeChat`;
}

const stormSchema = z.object({ succeeded: z.int(), failure: z.nullish(z.string()) });

/** What became of the calls after the revocation. */
export function stormOf({ value }: Line): z.infer<typeof stormSchema> {
  return z.parse(stormSchema, value);
}

/** All must succeed, with one mint. */
function stormFault({ succeeded, failure }: z.infer<typeof stormSchema>, mints: number): string | undefined {
  if (succeeded !== 50) return `${succeeded} of 50 succeeded, ${failure ?? ''}`;
  return mints === 1 ? undefined : `${mints} mints`;
}

/** Whether a value has what is wanted of it; it may have more. */
function differs(value: unknown, wanted: unknown): string | undefined {
  const isAsWanted =
    typeof wanted === 'object' && wanted !== null
      ? Object.entries(wanted).every(
          ([key, part]) => (value as Record<string, unknown> | null)?.[key] === part,
        )
      : value === wanted;
  return isAsWanted ? undefined : `got ${JSON.stringify(value).slice(0, 200)}`;
}
