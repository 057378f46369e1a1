import { setTimeout } from 'node:timers/promises';
import type { SyncStatus } from '../shared/followers/sync/status.ts';
import { exitCodes } from './exit-codes.ts';
import { lasting, said, say, time, timeFrom } from './language.ts';

const barWidth = 30;
const lookEveryMs = 1000;
/** Where nobody looks at a terminal, a line so often. */
const lineEveryLooks = 10;

/** How the sync of an account is, as lines for people. */
export function describeSync(status: SyncStatus): string {
  const { run, spent, queue, now } = status;
  const lines = [`${status.account}  ${stateOf(status)}`];
  if (run) {
    const { details, total } = run;
    lines.push(
      `  ${progressLine(status)}`,
      run.endedAt === undefined
        ? say`  begun ${timeFrom(run.startedAt, now)}`
        : say`  begun ${timeFrom(run.startedAt, now)}, ended ${timeFrom(run.endedAt, now)}`,
      say`  list: ${run.listed} of ${total ?? '?'} in ${run.pages} pages, ${run.joined} joined, ${run.left} left`,
    );
    if (run.passedOver > 0) lines.push(say`    ${run.passedOver} in it had left by then, as events say`);
    lines.push(say`  details: ${details.done} of ${details.queued}`);
    if (details.refused > 0) lines.push(say`    ${details.refused} with an openid that WeChat does not know`);
    if (details.unanswered > 0) lines.push(say`    ${details.unanswered} without an answer from WeChat`);
    if (details.owed > 0) lines.push(say`    ${details.owed} put off to tomorrow`);
    if (details.missing > 0) {
      lines.push(say`    ${details.missing} never came: the next sync asks for them again`);
    }
    if (run.lastError) lines.push(`  ${faults(run.errors, said('error'), run.lastError)}`);
    if (run.lastDetailError) {
      lines.push(`  ${faults(run.detailErrors, said('failed delivery of details'), run.lastDetailError)}`);
    }
    if (run.resumeAt !== undefined) lines.push(say`  goes on ${timeFrom(run.resumeAt, now)}`);
  }
  const { list, details } = spent;
  lines.push(
    say`  spent today: ${list.calls} of ${list.most} calls for the list, ${details.calls} of ${details.most} for details`,
  );
  if (queue.waiting > 0) lines.push(say`  queue: ${queue.waiting} messages (all accounts)`);
  if (queue.poisoned > 0) {
    lines.push(say`  poisoned: ${queue.poisoned} messages put aside after the last try (all accounts)`);
  }
  return lines.join('\n');
}

/** A bar with share, rate and time left, in one line. */
export function progressLine({ run, state }: SyncStatus): string {
  if (!run) return '';
  const { details, listed, total = 0, phase, perSecond, secondsLeft } = run;
  const [done, all] = phase === 'listing' ? [listed, total] : [details.done, details.queued];
  // A pause after its end does not undo it.
  const isDone = state === 'done' || (state === 'paused' && run.endedAt !== undefined);
  const share = isDone ? 1 : all === 0 ? (phase === 'listing' ? 0 : 1) : Math.min(1, done / all);
  const full = Math.floor(share * barWidth);
  const parts = [
    `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${String(Math.floor(share * 100)).padStart(3)}%`,
    isDone
      ? doneWith(details.missing)
      : all === 0
        ? say`${said(phase)} begins`
        : say`${said(phase)} ${done} of ${all}`,
  ];
  if (perSecond !== undefined) parts.push(`${Math.round(perSecond)}/s`);
  if (secondsLeft !== undefined) parts.push(say`${lasting(secondsLeft)} left`);
  return parts.join('  ');
}

function doneWith(missing: number): string {
  return missing === 0 ? said('done') : say`done, ${missing} without details`;
}

/**
 * Shows how a sync goes on until it ends, has to wait or is paused: one line drawn anew on a terminal, lines from time
 * to time elsewhere. `look` brings its status anew, or nothing where it cannot be had now. Returns the exit code.
 */
export async function watchSync(
  first: SyncStatus,
  look: (account: string) => Promise<SyncStatus | undefined>,
): Promise<number> {
  let status = first;
  for (let looks = 0; status.state === 'running'; looks += 1) {
    if (process.stdout.isTTY) process.stdout.write(`\r\u{1B}[2K${progressLine(status)}`);
    else if (looks % lineEveryLooks === 0) console.log(progressLine(status));
    await setTimeout(lookEveryMs);
    status = (await look(status.account)) ?? status;
  }
  if (process.stdout.isTTY) process.stdout.write('\r\u{1B}[2K');
  console.log(describeSync(status));
  const isWhole = status.state === 'done' && (status.run?.details.missing ?? 0) === 0;
  return isWhole ? exitCodes.done : exitCodes.failed;
}

function stateOf({ state, sync, run }: SyncStatus): string {
  if (state === 'never') return said(sync === 'off' ? 'no daily sync' : 'no sync yet');
  if (state === 'paused') {
    return said(
      run?.endedAt === undefined
        ? 'paused: no other begins before `followers resume`'
        : 'paused after the last sync has ended: no other begins before `followers resume`',
    );
  }
  if (state === 'running') return said(run?.phase ?? state);
  if (state === 'waiting') {
    return said(run?.waitingFor === 'quota' ? 'waiting for its quota' : 'waiting to try again');
  }
  return said(state);
}

function faults(count: number, what: string, { code, at }: { code: string; at: number }): string {
  return say`${count} × ${what}, the last ${time(at)}: ${code}`;
}
