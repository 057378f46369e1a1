import { createHash } from 'node:crypto';
import { accountSchema, type Account } from '../../shared/accounts/accounts.ts';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import type { AwsJson } from '../../shared/platform/aws-json.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Log } from '../../shared/platform/log.ts';
import { Attempts } from '../../shared/users/attempts.ts';
import { DataKeys } from '../../shared/users/data-keys.ts';
import { GrantStore } from '../../shared/users/grant-store.ts';
import { Grants } from '../../shared/users/grants.ts';
import { Sealing } from '../../shared/users/sealing.ts';
import { Sessions } from '../../shared/users/sessions.ts';
import { UserProfiles } from '../../shared/users/user-profiles.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import { WeChatApiError } from '../../shared/wechat/errors.ts';
import { memoryTables } from '../kit/memory-table.ts';

/** A clock that stands still until it is moved, or somebody sleeps. */
export class HandClock implements Clock {
  time = 1_700_000_000;
  /** Told of each wait before it is over. */
  onSleep: (seconds: number) => void | Promise<void> = () => undefined;

  now(): number {
    return Math.floor(this.time);
  }

  async sleep(seconds: number): Promise<void> {
    await this.onSleep(seconds);
    this.time += seconds;
  }
}

/** What was logged, as one line each. */
class Lines implements Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  readonly info = this.#note('info');
  readonly warn = this.#note('warn');
  readonly error = this.#note('error');

  #note(level: string) {
    return (message: string, fields?: unknown) => void this.lines.push({ level, message, fields });
  }
}

/** WeChat: answers calls of an API in turn, or keeps giving the last answer. An errcode, or anything else to throw. */
class ScriptedWeChat {
  readonly calls: WeChatCall<unknown>[] = [];
  readonly #answers = new Map<string, (() => unknown)[]>();

  /** Says what the API answers from now on. */
  on(api: string, ...answers: (Readonly<Record<string, unknown>> | number | (() => unknown))[]): void {
    this.#answers.set(
      api,
      answers.map((answer) => () => {
        if (typeof answer === 'function') return answer();
        if (typeof answer === 'object') return answer;
        throw new WeChatApiError({ api, errcode: answer, errmsg: 'no, rid: 1-2-3', secrets: [] });
      }),
    );
  }

  send<T>(call: WeChatCall<T>): Promise<T> {
    this.calls.push(call);
    return Promise.resolve().then(async () => {
      const answers = this.#answers.get(call.api) ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer) throw new Error(`Nobody said what ${call.api} answers.`);
      return call.parse(await answer());
    });
  }
}

export const wrapping = { kmsKey: 'arn:key', deployment: 'wechat-keyring/test/' };

/** KMS: a key is wrapped by turning its bits around. It counts what it is asked for. */
export class ScriptedKms {
  readonly asked: { readonly operation: string; readonly input: object }[] = [];
  /** What the next call throws. */
  fault: Error | undefined;
  readonly call: AwsJson<'kms'> = (operation, input) => {
    this.asked.push({ operation, input });
    const { fault } = this;
    this.fault = undefined;
    if (fault) return Promise.reject(fault);
    if (operation === 'Decrypt') {
      const { CiphertextBlob } = input as { CiphertextBlob: string };
      return Promise.resolve({ Plaintext: turned(Buffer.from(CiphertextBlob, 'base64')) });
    }
    const key = createHash('sha256').update(`key ${this.asked.length}`).digest();
    return Promise.resolve({ Plaintext: key.toString('base64'), CiphertextBlob: turned(key) });
  };
}

function turned(key: Buffer): string {
  return Buffer.from(key.map((byte) => byte ^ 0xff)).toString('base64');
}

export const account: Account = accountSchema.parse({
  appId: 'wx0123456789abcdef',
  name: 'test',
  mode: 'stable',
  allowedOrigins: ['https://www.example.com', 'https://other.example'],
  createdAt: 0,
});
export const appSecret = 'the secret of the app';

/** The parts of the room, on tables in memory (scanned two items at a time) and with WeChat and KMS scripted. */
export function rig(tables = memoryTables({ maxScanned: 2 })) {
  const clock = new HandClock();
  const log = new Lines();
  const wechat = new ScriptedWeChat();
  const kms = new ScriptedKms();
  const keys = new DataKeys(kms.call, wrapping, tables.credentials, clock);
  const sealing = new Sealing(keys);
  const store = new GrantStore(tables.users, clock);
  const publicUrl = 'https://keyring.example';
  const grants = new Grants({ store, sealing, wechat, clock, log, publicUrl, random: () => 0.5 });
  const sessions = new Sessions(tables.users, store, clock);
  const profiles = new Profiles(tables.followers);
  const attempts = new Attempts(tables.users, clock);
  const secrets = new SecretStore(
    () => Promise.resolve({ SecretString: JSON.stringify({ appSecret }) }),
    'prefix/',
    clock,
  );
  const userProfiles = new UserProfiles({ grants, store, profiles, clock, log });
  return {
    tables,
    clock,
    log,
    wechat,
    kms,
    keys,
    sealing,
    store,
    grants,
    sessions,
    profiles,
    attempts,
    secrets,
    onEnd: () => Promise.resolve(),
    userProfiles,
  };
}
export type Rig = ReturnType<typeof rig>;

/** The table, with something done right before the next call of one of its methods. */
export function before<T extends object>(table: T, method: keyof T & string, act: () => Promise<unknown>): T {
  let isDone = false;
  return new Proxy(table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== method || isDone || typeof value !== 'function') return value;
      return async (...given: unknown[]) => {
        isDone = true;
        await act();
        return (value as (...args: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

/** The table, and which of its methods have been called, in order. */
export function noted<T extends object>(table: T): { readonly table: T; readonly calls: string[] } {
  const calls: string[] = [];
  const noting = new Proxy(table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        calls.push(String(name));
        return (value as (...args: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  return { table: noting, calls };
}
