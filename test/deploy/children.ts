import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { hangSeconds } from './steps.ts';

/** What a program left when it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** Both outputs as they came, for people. */
  readonly said: string;
}

export interface HowToRun {
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input. @default nothing */
  readonly input?: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** What it has said so far, on both outputs. */
  readonly said: () => string;
}

/** Nothing of the caller's own AWS configuration, so that nothing here can reach a real account. */
export function onlyNeeded(): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    LANG: 'C.UTF-8',
  };
}

/** Each child leads a process group of its own, so that its children end with it. */
const running = new Set<ChildProcess>();

/** Starts a program that goes on until {@link endChildren}. */
export function start(program: string, args: readonly string[], how: HowToRun): Running {
  const child = spawn(program, args, { cwd: how.cwd, env: how.env, detached: true });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  // A child that ended before it read its input is no fault of its own.
  child.stdin.on('error', () => undefined).end(how.input ?? '');
  // A program that cannot be started ends with an error, too; `code` is then null.
  child.on('error', (error) => (said += error.message));
  child.once('close', () => running.delete(child));
  return { process: child, said: () => said };
}

/** Runs a program to its end, whatever its exit code. */
export async function run(program: string, args: readonly string[], how: HowToRun): Promise<Ended> {
  const { process: child, said } = start(program, args, how);
  let stdout = '';
  child.stdout?.on('data', (text: string) => (stdout += text));
  await once(child, 'close').catch(() => undefined);
  return { code: child.exitCode, stdout, said: said() };
}

/** The same; throws with what the program said unless its exit code is 0. */
export async function mustRun(program: string, args: readonly string[], how: HowToRun): Promise<Ended> {
  const ended = await run(program, args, how);
  if (ended.code !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${ended.said}`);
  return ended;
}

/** Ends every child that still runs, and whatever it has started. */
export async function endChildren(): Promise<void> {
  // Who does not end by itself within some seconds is ended, and then it is a matter of the system.
  for (const [signal, patienceMs] of [
    ['SIGTERM', 10_000],
    ['SIGKILL', hangSeconds * 1000],
  ] as const) {
    signalAll(signal);
    for (let waited = 0; running.size > 0 && waited < patienceMs; waited += 50) await wait(50);
  }
  if (running.size > 0) throw new Error(`${running.size} children are still there after SIGKILL.`);
}

/** The same without waiting, for when this process itself is about to end. */
export function killChildren(): void {
  signalAll('SIGKILL');
}

function signalAll(signal: NodeJS.Signals): void {
  for (const { pid } of running) {
    if (pid === undefined) continue;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  }
}
