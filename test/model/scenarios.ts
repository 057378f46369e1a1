import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { isUsable } from '../../shared/credentials/credential.ts';
import type { KeeperOptions } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import type { Verdict } from '../../shared/credentials/token-check.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import { WeChatApiError } from '../../shared/wechat/errors.ts';
import { getApiDomainIp } from '../../shared/wechat/quota.ts';
import { Platform } from './platform.ts';
import {
  accepts,
  account,
  answered,
  keeping,
  manual,
  minted,
  rejects,
  saysNothing,
  Scene,
  silent,
  start,
  unreachable,
} from './scene.ts';

/**
 * Orders of events that random schedules do not tell apart, each with what must come of it: whether it came. Run on the
 * source, where all hold, and on builds that lack a part of the protocol (mutants.ts).
 */
export type Scenario = () => Promise<boolean>;

export const scenarios = {
  'who takes the lease and does not hear of it goes on at once': async () => {
    const { scene, of } = await minted();
    const before = scene.now;
    const table = scene.repeating((set) => set['leaseOwner'] !== undefined);
    await scene.keeper({ table }).refresh(of, manual);
    return scene.now - before < 1 && (await scene.read()).generation === 2;
  },
  'who publishes and does not hear of it mints no more': async () => {
    const { scene, of } = await minted();
    const table = scene.repeating((set) => set['value'] !== undefined);
    await scene.keeper({ table }).refresh(of, manual);
    return scene.mints.length === 2 && (await scene.read()).generation === 2;
  },
  'a report joins only one that began after its call was sent': async () => {
    const { scene } = await minted();
    let asked = 0;
    const reader = new CredentialReader({
      store: new CredentialStore(scene.table, 'access_token'),
      clock: scene.clock,
      requestRefresh: () => {
        asked += 1;
        return Promise.resolve({ state: 'usable', generation: 1 });
      },
    });
    const early = reader.moment();
    const first = reader.replacement(account.appId, 1, early);
    const joined = reader.replacement(account.appId, 1, early);
    const late = reader.replacement(account.appId, 1, reader.moment());
    await Promise.all([first, joined, late]);
    return asked === 2;
  },
  'a report about an older value asks WeChat nothing': async () => {
    const { scene, of } = await minted();
    await scene.keeper().refresh(of, manual);
    let checks = 0;
    const check = () => {
      checks += 1;
      return rejects();
    };
    await scene.keeper({ check }).refresh(of, { reason: 'rejected', generation: 1 });
    return checks === 0 && scene.mints.length === 2;
  },
  'nobody is handed a value that WeChat rejects while another one is asked for': async () => {
    const { scene, of } = await minted('stable');
    let wasUsable = true;
    const mint: Mint = async (...given) => {
      wasUsable = isUsable(await scene.read(), scene.now);
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    return !wasUsable;
  },
  'a value that WeChat rejects is not handed out after a refresh that failed': async () => {
    const { scene, of } = await minted('stable');
    const mint: Mint = () => Promise.reject(answered(40164));
    await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    return !isUsable(await scene.read(), scene.now);
  },
  'a value that WeChat rejects during a back-off is not handed out': async () => {
    const { scene, of } = await minted('stable');
    await scene.keeper({ mint: () => Promise.reject(answered(40164)) }).refresh(of, manual);
    await scene.keeper().refresh(of, { reason: 'rejected', generation: 1 });
    return !isUsable(await scene.read(), scene.now);
  },
  'a second mint after one without an answer leaves nobody the value before it': async () => {
    const { scene, of } = await minted();
    const mint: Mint = () => Promise.reject(unreachable());
    await scene.keeper({ mint }).refresh(of, manual);
    await scene.keeper({ mint }).refresh(of, manual);
    return !isUsable(await scene.read(), scene.now);
  },
  'a value is trusted for its grace only once a process died over a mint': async () => {
    const { scene, of } = await minted();
    void scene.keeper({ mint: () => new Promise<never>(() => undefined) }).refresh(of, manual);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    const { unsettledSince, usableUntil = 0 } = await scene.read();
    return unsettledSince !== undefined && usableUntil <= start + 270;
  },
  'a token whose mint got no answer stays in use for its grace': async () => {
    const { scene, of } = await minted();
    const keeper = scene.keeper({ mint: () => Promise.reject(unreachable()) });
    await keeper.refresh(of, manual);
    for (; scene.now < start + 235; scene.now += 5) await keeper.refresh(of, { reason: 'due' });
    return isUsable(await scene.read(), scene.now);
  },
  'a refresh is due when the lease of a process that died over it ends': async () => {
    const { scene, of } = await minted();
    void scene.keeper({ mint: () => new Promise<never>(() => undefined) }).refresh(of, manual);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    scene.now += 21;
    await scene.keeper().refresh(of, { reason: 'due' });
    return (await scene.read()).generation === 2;
  },
  'a mint has the time that is left of the calls of its lease': async () => {
    const { scene } = await minted();
    return scene.mints.every(({ until }) => until === start + 10);
  },
  'who lost the lease after a mint has the value of the winner settled': async () => {
    const { scene, of } = await minted();
    const mint: Mint = async (...given) => {
      if (scene.mints.length === 1) {
        scene.now += 30;
        await scene.keeper().refresh(of, manual);
      }
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(of, manual);
    return (await scene.read()).value === 'value-4';
  },
  'who lost the lease and then the answer to its mint has the value of the winner settled': async () => {
    const { scene, of } = await minted();
    let isFirst = true;
    const mint: Mint = async (...given) => {
      if (!isFirst) return scene.mint(...given);
      isFirst = false;
      scene.now += 30;
      await scene.keeper().refresh(of, manual);
      throw unreachable();
    };
    await scene.keeper({ mint }).refresh(of, manual);
    return (await scene.read()).value === 'value-3';
  },
  'who lost the lease twice leaves word that the value may be dead': async () => {
    const { scene, of } = await minted();
    let robberies = 0;
    const mint: Mint = async (...given) => {
      if (robberies < 2) {
        robberies += 1;
        scene.now += 30;
        await scene.keeper().refresh(of, manual);
      }
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(of, manual);
    const { unsettledSince, refreshAt = 0 } = await scene.read();
    return unsettledSince !== undefined && refreshAt <= scene.now;
  },
  'nothing is asked for again before the time that a failure named': async () => {
    const scene = new Scene();
    const mint: Mint = () => Promise.reject(answered(40164));
    await scene.keeper({ mint }).refresh(account, { reason: 'missing' });
    scene.now += 200;
    await scene.keeper().refresh(account, { reason: 'missing' });
    return scene.mints.length === 0;
  },
  'a force is asked for only once WeChat has confirmed the rejection': async () => {
    const { scene, of } = await minted('stable');
    const { generation } = await scene.read();
    const mint = keeping(scene, 'value-1');
    await scene.keeper({ mint: () => Promise.reject(answered(45011)) }).refresh(of, {
      reason: 'rejected',
      generation,
    });
    scene.now += 61;
    scene.mints = [];
    const accepts = (): Promise<Verdict> => Promise.resolve({ state: 'accepted' });
    await scene.keeper({ mint, check: accepts }).refresh(of, { reason: 'missing' });
    return !scene.mints.some(({ force }) => force) && isUsable(await scene.read(), scene.now);
  },
  'two forces are thirty seconds apart': async () => {
    const { scene, of } = await minted('stable');
    await scene
      .keeper({ mint: keeping(scene, 'value-1') })
      .refresh(of, { reason: 'rejected', generation: 1 });
    scene.now += 20;
    await scene.keeper({ mint: keeping(scene, 'forced') }).refresh(of, { reason: 'rejected', generation: 2 });
    return scene.mints.filter(({ force }) => force).length === 1;
  },
  'twenty forces a day are all': async () => {
    const { scene, of } = await minted('stable');
    for (let round = 0; round < 25; round++) {
      const { value = '', generation } = await scene.read();
      scene.now += 601;
      const mint: Mint = (_, { force }) => {
        scene.mints.push({ force, until: 0 });
        return Promise.resolve({ value: force ? `forced ${round}` : value, expiresIn: 7000 });
      };
      await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation });
    }
    return scene.mints.filter(({ force }) => force).length === 20;
  },
  'a force whose answer is lost counts': async () => {
    const { scene, of } = await minted('stable');
    const mint: Mint = (_, { force }) =>
      force ? Promise.reject(unreachable()) : Promise.resolve({ value: 'value-1', expiresIn: 7000 });
    await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    return (await scene.read()).forced?.count === 1;
  },
  'a booking that runs early books another one': async () => {
    const { scene, of } = await minted();
    const { refreshAt = 0 } = await scene.read();
    scene.now = refreshAt - 30;
    scene.booked.length = 0;
    await scene.keeper().refresh(of, { reason: 'due' });
    return scene.booked.length === 1;
  },
  'who looked before another one began a mint takes no lease': async () => {
    const { scene, of } = await minted();
    const never = new Promise<never>(() => undefined);
    const looked = new Set<string>();
    // By a clock that is ahead the lease is past. It looks while the other one has not begun its mint yet.
    const table: LeaseTable = {
      ...scene.table,
      get: async (...given) => {
        const item = await scene.table.get(...given);
        if (looked.size === 0 && item?.['leaseOwner'] !== undefined) {
          looked.add('in between');
          begin();
          for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        }
        return item;
      },
    };
    let begin = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const slow: LeaseTable = {
      ...scene.table,
      update: async (key, change) => {
        if (change.set?.['unsettledSince'] !== undefined) await held;
        return scene.table.update(key, change);
      },
    };
    void scene.keeper({ table: slow, mint: () => never }).refresh(of, manual);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    await scene
      .keeper({ table, clock: scene.skewed(300), mint: () => Promise.reject(answered(40164)) })
      .refresh(of, manual);
    return looked.size > 0 && (await scene.read()).unsettledSince !== undefined;
  },
  'who lost the lease over the first value of an account has that of the winner settled': async () => {
    const scene = new Scene();
    let winner: Promise<unknown> | undefined;
    const ahead = scene.keeper({
      clock: scene.skewed(300),
      mint: async (...given) => {
        const value = await scene.mint(...given);
        // WeChat has made this one. It is published when the other one has made its own, and has lost.
        for (let turn = 0; turn < 200; turn++) await Promise.resolve();
        return value;
      },
    });
    const mint: Mint = async (...given) => {
      if (!winner) {
        winner = ahead.refresh(account, { reason: 'missing' });
        for (let turn = 0; turn < 40; turn++) await Promise.resolve();
      }
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(account, { reason: 'missing' });
    await winner;
    const { value, unsettledSince } = await scene.read();
    return unsettledSince !== undefined || value === `value-${scene.mints.length}`;
  },
  'a winner that is slow to publish does not have the last word': async () => {
    const { scene, of } = await minted();
    let publish = (): void => undefined;
    let isSlow = true;
    let winner: Promise<unknown> | undefined;
    const slow = scene.keeper({
      clock: scene.skewed(300),
      mint: async (...given) => {
        const value = await scene.mint(...given);
        if (!isSlow) return value;
        isSlow = false;
        await new Promise<void>((resolve) => {
          publish = resolve;
        });
        return value;
      },
    });
    const mint: Mint = async (...given) => {
      if (!winner) {
        winner = slow.refresh(of, manual);
        for (let turn = 0; turn < 60; turn++) await Promise.resolve();
      }
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(of, manual);
    publish();
    await winner;
    const { value, unsettledSince } = await scene.read();
    return unsettledSince !== undefined || value === `value-${scene.mints.length}`;
  },
  'a winner that gets on is not robbed of its lease': async () => {
    const { scene, of } = await minted();
    let winner: Promise<unknown> | undefined;
    let asked = 0;
    // Begins its mint four seconds after it has taken the lease, and has its answer two seconds later.
    const winning = scene.keeper({
      clock: scene.skewed(300),
      table: scene.late((set) => set['unsettledSince'] !== undefined, 4),
      mint: async (...given) => {
        asked += 1;
        await scene.passing(2);
        return scene.mint(...given);
      },
    });
    const mint: Mint = async (...given) => {
      if (!winner) {
        winner = winning.refresh(of, manual);
        for (let turn = 0; turn < 60; turn++) await Promise.resolve();
      }
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(of, manual);
    await winner;
    return asked === 1 && scene.mints.length === 4;
  },
  'who waits for a dead holder whose clock is ahead takes its place': async () => {
    const { scene, of } = await minted();
    const never = new Promise<never>(() => undefined);
    void scene.keeper({ clock: scene.skewed(300), mint: () => never }).refresh(of, manual);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    await scene.keeper().refresh(of, manual);
    return (await scene.read()).generation === 2;
  },
  'clocks on both sides of midnight share one budget': async () => {
    const scene = new Scene();
    // 2027-01-15, a minute before midnight in China.
    scene.now = start - (start % 86_400) + 16 * 3600 - 60;
    const of = { ...account, mintBudget: 5 };
    await scene.keeper().refresh(of, { reason: 'missing' });
    for (let round = 0; round < 10; round++) {
      const clock = round % 2 === 0 ? scene.skewed(300) : scene.clock;
      const { generation } = await scene.read();
      await scene.keeper({ clock }).refresh(of, { reason: 'rejected', generation });
    }
    // Five of the day that ends, and at most five of the one that has begun by the clock that is ahead.
    return scene.mints.length <= 10 && (await scene.read()).mints?.count === 5;
  },
  'a call that WeChat rejects by mistake is sent once more with the same token': async () => {
    const { scene, of } = await minted();
    let isFirst = true;
    const wechat = {
      send: <T>() => {
        const stray = isFirst;
        isFirst = false;
        const error = new WeChatApiError({ api: '/cgi-bin/x', errcode: 40001, errmsg: '', secrets: [] });
        return stray ? Promise.reject(error) : Promise.resolve([] as T);
      },
    };
    const store = new CredentialStore(scene.table, 'access_token');
    const keeper = scene.keeper({ check: () => Promise.resolve({ state: 'accepted' }) });
    const reader = new CredentialReader({
      store,
      clock: scene.clock,
      requestRefresh: (_, need) => keeper.refresh(of, need),
    });
    const meter = new UsageMeter(wechat, new UsageStore(scene.table), scene.clock, silent);
    const { generation } = await new AccountCalls(reader, meter).sendWith(of, getApiDomainIp);
    return generation === 1 && scene.mints.length === 1;
  },
  'a token that was killed by a process that died before it could note that is replaced at the first call':
    async () => {
      const { scene, platform, keeper, call } = await classic();
      await new Promise<void>((resolve) => {
        const dying = keeper({
          mint: async () => {
            scene.now += 30;
            await keeper().refresh(account, manual);
            platform.mint();
            resolve();
            return new Promise<never>(() => undefined);
          },
        });
        void dying.refresh(account, manual);
      });
      scene.now += 301;
      return leadsToGoodToken({ scene, platform, call });
    },
  'a token that was killed by a late mint of an earlier request is replaced at the first call': async () => {
    const { scene, platform, keeper, call } = await classic();
    await keeper({ mint: () => Promise.reject(unreachable()) }).refresh(account, manual);
    await keeper().refresh(account, manual);
    // Only now WeChat makes the token of the first request.
    platform.mint();
    scene.now += 301;
    return leadsToGoodToken({ scene, platform, call });
  },
  'a force is asked for only with a verdict of WeChat': async () => {
    const { scene, of } = await minted('stable');
    const refused: Mint = () => Promise.reject(answered(40164));
    await scene.keeper({ mint: refused }).refresh(of, { reason: 'rejected', generation: 1 });
    const mint = keeping(scene, 'value-1');
    await scene.keeper({ mint, check: saysNothing }).refresh(of, manual);
    return scene.mints.every(({ force }) => !force);
  },
  'who has lost the lease forces nothing': async () => {
    const { scene, of } = await minted('stable');
    const present = keeping(scene, 'value-1');
    const mint: Mint = async (...given) => {
      scene.now += 30;
      await scene.keeper({ mint: keeping(scene, 'value-2') }).refresh(of, manual);
      return present(...given);
    };
    await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    return scene.mints.every(({ force }) => !force);
  },
  'a mint after a slow check has a whole lease, and its time': async () => {
    const { scene, of } = await minted('stable');
    let leaseUntil = 0;
    const mint: Mint = async (...given) => {
      leaseUntil = (await scene.read()).leaseUntil ?? 0;
      return scene.mint(...given);
    };
    const check = () => {
      scene.now += 9;
      return rejects();
    };
    await scene.keeper({ mint, check }).refresh(of, { reason: 'rejected', generation: 1 });
    return leaseUntil === start + 29 && scene.mints[1]?.until === start + 19;
  },
  'a mint that surely brought nothing does not count': async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: () => Promise.reject(answered(40164)) }).refresh(of, manual);
    return (await scene.read()).mints?.count === 1;
  },
  'who comes back after its lease undoes nothing that was put on record': async () => {
    const { scene, of } = await minted('stable');
    const store = new CredentialStore(scene.table, 'access_token');
    const mint: Mint = async (...given) => {
      scene.now += 30;
      await store.amend(of.appId, await scene.read(), { unsettledSince: scene.now }, { now: scene.now });
      return keeping(scene, 'value-1')(...given);
    };
    const before = (await scene.read()).revision;
    await scene.keeper({ mint }).refresh(of, { reason: 'due', tokenGeneration: 1 });
    const { unsettledSince, revision } = await scene.read();
    return unsettledSince !== undefined && revision > before + 2;
  },
  'a value that WeChat accepts stays in use while it is busy': async () => {
    const { scene, of } = await minted();
    const busy = scene.keeper({ check: accepts, mint: () => Promise.reject(answered(-1)) });
    await busy.refresh(of, manual);
    await busy.refresh(of, manual);
    return isUsable(await scene.read(), scene.now);
  },
  'a value is not trusted after two mints that may be made yet': async () => {
    const { scene, of } = await minted();
    const silentMint: Mint = () => Promise.reject(unreachable());
    const keeper = scene.keeper({ check: accepts, mint: silentMint });
    await keeper.refresh(of, manual);
    await keeper.refresh(of, manual);
    return !isUsable(await scene.read(), scene.now);
  },
  'a value in doubt is asked about although nothing else may be asked for': async () => {
    const { scene, of } = await minted();
    const refused: Mint = () => Promise.reject(answered(40164));
    await scene.keeper({ mint: () => Promise.reject(unreachable()) }).refresh(of, manual);
    for (let round = 0; round < 5; round++) {
      await scene.keeper({ check: saysNothing, mint: refused }).refresh(of, manual);
    }
    scene.now += 600;
    await scene.keeper({ check: accepts }).refresh(of, { reason: 'missing' });
    return scene.mints.length === 1 && isUsable(await scene.read(), scene.now);
  },
  'an acceptance during the grace of a value says nothing of its end': async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: () => Promise.reject(unreachable()) }).refresh(of, manual);
    scene.now += 929;
    await scene.keeper({ check: accepts, mint: () => Promise.reject(answered(40164)) }).refresh(of, manual);
    const { usableUntil = 0, unsettledSince } = await scene.read();
    return unsettledSince !== undefined && usableUntil <= scene.now + 90;
  },
  'an acceptance after the grace of a value ends the doubt': async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: () => Promise.reject(unreachable()) }).refresh(of, manual);
    scene.now += 930;
    await scene.keeper({ check: accepts, mint: () => Promise.reject(answered(40164)) }).refresh(of, manual);
    const { usableUntil, expiresAt, unsettledSince } = await scene.read();
    return unsettledSince === undefined && usableUntil === expiresAt;
  },
  'a stable token that cannot be asked about is asked for within ten minutes': async () => {
    const { scene, of } = await minted('stable');
    await scene.keeper({ check: saysNothing }).refresh(of, { reason: 'rejected', generation: 1 });
    return scene.booked.includes(start + 600) && (await scene.read()).refreshAt === start + 600;
  },
  'a classic token that cannot be asked about is left alone': async () => {
    const { scene, of } = await minted();
    await scene.keeper({ check: saysNothing }).refresh(of, { reason: 'rejected', generation: 1 });
    return scene.booked.length === 1 && (await scene.read()).refreshAt === start + 6600;
  },
  'tokens that cannot be asked about cost half of the mints of a day at most': async () => {
    const { scene, of } = await minted('stable');
    const few = { ...of, mintBudget: 2 };
    await scene.keeper({ check: saysNothing }).refresh(few, { reason: 'rejected', generation: 1 });
    return !scene.booked.includes(start + 600);
  },
  'a person is told once of each of two faults that alternate': async () => {
    const { scene, of } = await minted();
    for (const errcode of [40164, 40125, 40164, 40125]) {
      await scene.keeper({ mint: () => Promise.reject(answered(errcode)) }).refresh(of, manual);
    }
    return scene.raised.length === 2;
  },
  'what a person could not be told is told at the next failure': async () => {
    const { scene, of } = await minted();
    const mint: Mint = () => Promise.reject(answered(40164));
    const alarms = { raise: () => Promise.reject(new Error('SNS')) };
    await scene.keeper({ mint, alarms }).refresh(of, manual);
    await scene.keeper({ mint }).refresh(of, manual);
    return scene.raised.length === 1;
  },
  'a person is told again of a fault that comes back': async () => {
    const { scene, of } = await minted();
    for (let round = 0; round < 2; round++) {
      await scene.keeper({ mint: () => Promise.reject(answered(40164)) }).refresh(of, manual);
      await scene.keeper().refresh(of, manual);
    }
    return scene.raised.length === 2;
  },
  'two people who refresh by hand at once have one mint made': async () => {
    const { scene, of } = await minted();
    await Promise.all([scene.keeper().refresh(of, manual), scene.keeper().refresh(of, manual)]);
    return scene.mints.length === 2;
  },
  'who refreshes by hand is not answered with a mint that began before': async () => {
    const { scene, of } = await minted();
    let second: Promise<unknown> | undefined;
    const mint: Mint = async (...given) => {
      second ??= scene.keeper().refresh(of, manual);
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      return scene.mint(...given);
    };
    await scene.keeper({ mint }).refresh(of, manual);
    await second;
    return scene.mints.length === 3;
  },
  'mints that stay without an answer become rare in classic mode': async () => {
    const { scene, of } = await minted();
    const keeper = scene.keeper({ mint: () => Promise.reject(unreachable()) });
    for (let round = 0; round < 11; round++) await keeper.refresh(of, manual);
    const { at = 0, retryAt = 0 } = (await scene.read()).failure ?? {};
    return retryAt - at === 600;
  },
  'mints that stay without an answer go on each minute in stable mode': async () => {
    const { scene, of } = await minted('stable');
    const keeper = scene.keeper({ mint: () => Promise.reject(unreachable()) });
    for (let round = 0; round < 11; round++) await keeper.refresh(of, manual);
    const { at = 0, retryAt = 0 } = (await scene.read()).failure ?? {};
    return retryAt - at === 60;
  },
} satisfies Record<string, Scenario>;

/** An account whose tokens live and die as WeChat's classic ones do, and calls with its token. */
async function classic() {
  const scene = new Scene();
  const tokens = new Platform();
  const platform = {
    mint: () => tokens.ask(scene.now, { mode: 'classic', force: false, by: 'neighbour' }),
    accepts: (value: string) => tokens.accepts(value, scene.now),
  };
  const keeper = (options: Partial<KeeperOptions> = {}) =>
    scene.keeper({
      mint: () => Promise.resolve(platform.mint()),
      check: (_, value) => Promise.resolve({ state: platform.accepts(value) ? 'accepted' : 'rejected' }),
      ...options,
    });
  const reader = new CredentialReader({
    store: new CredentialStore(scene.table, 'access_token'),
    clock: scene.clock,
    requestRefresh: (_, need) => keeper().refresh(account, need),
  });
  const wechat = {
    send: <T>({ api, query, parse }: WeChatCall<T>) =>
      platform.accepts(query['access_token'] ?? '')
        ? Promise.resolve(parse({ ip_list: [] }))
        : Promise.reject(new WeChatApiError({ api, errcode: 40001, errmsg: '', secrets: [] })),
  };
  const meter = new UsageMeter(wechat, new UsageStore(scene.table), scene.clock, silent);
  await keeper().refresh(account, manual);
  return {
    scene,
    platform,
    keeper,
    call: () => new AccountCalls(reader, meter).send(account, getApiDomainIp),
  };
}

/** Whether the record calls a dead token good, and a call then gets through and leaves a good one. */
async function leadsToGoodToken({
  scene,
  platform,
  call,
}: Pick<Awaited<ReturnType<typeof classic>>, 'scene' | 'platform' | 'call'>): Promise<boolean> {
  const before = await scene.read();
  const isTakenForGood = isUsable(before, scene.now) && !platform.accepts(before.value);
  await call();
  const { value = '' } = await scene.read();
  return isTakenForGood && platform.accepts(value);
}
