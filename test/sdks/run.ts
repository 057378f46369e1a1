import { drive } from './drive.ts';
import { isStep, judge, stormOf, type Step, type Truth, type Verdict } from './judge.ts';
import type { Program } from './languages.ts';
import type { Setup } from './setup.ts';
import type { Service, Way } from './ways.ts';
import { mintsOf } from './wechat.ts';

/** What came of an SDK's run. */
export interface Outcome {
  /** The storm is among them only where it is judged. */
  readonly verdicts: ReadonlyMap<Step, Verdict>;
  /** What came of the storm, for people. */
  readonly storm: string | undefined;
}

const nickname = '小明 🌸 "x"';

/** Runs an SDK's driver once, with a revocation before its storm. `file` is a picture to upload. */
export async function runSdk(way: Way, service: Service, program: Program, file: string): Promise<Outcome> {
  const { wechat, base, keyBase, broker, appid, secret } = service;
  const { openid, code } = await wechat.visitor(nickname);
  const setup: Setup = {
    base,
    keyBase,
    broker,
    appid,
    secret,
    openids: await wechat.openids(100),
    template: await wechat.template(),
    file,
    code,
    push: await wechat.push(openid),
  };
  const truth: Truth = { way, wechat, setup, visitor: { openid, nickname } };
  const verdicts = new Map<Step, Verdict>();
  let storm: string | undefined;
  await wechat.takeCalls();
  await drive(program, setup, async (line) => {
    const calls = await wechat.takeCalls();
    if (line.step === 'armed') await wechat.revoke();
    else if (!isStep(line.step)) throw new Error(`The driver told of a step that is none: ${line.step}`);
    else if (line.step !== 'storm' || way.outlivesRevocation) {
      verdicts.set(line.step, await judge(truth, { ...line, step: line.step }, calls));
    }
    if (line.step === 'storm')
      storm = `${stormOf(line).succeeded} of 50 calls after a revocation, ${mintsOf(calls)} mints`;
    await wechat.takeCalls();
  });
  return { verdicts, storm };
}
