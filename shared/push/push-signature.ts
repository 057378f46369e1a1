import { KeyringError } from '../platform/errors.ts';
import { isSignatureOf, joinSorted } from './message-crypt.ts';

/**
 * How far the time of a signature may be from now, in seconds. WeChat sends a push again within half a minute
 * when it gets no answer in 5 seconds, so the first time stamp is still good then.
 */
export const windowSeconds = 300;

/** The one way to write a time that is taken, until 2096. */
export const timestampPattern = /^[1-3]\d{9}$/;
const timestampLength = 10;

/** What WeChat signs a call with. */
export interface PushSignature {
  readonly signature: string;
  /** Unix seconds, as sent. */
  readonly timestamp: string;
  readonly nonce: string;
}

/** Throws `push_signature_wrong` or `push_expired`. */
export function requireSignature(
  { signature, timestamp, nonce }: PushSignature,
  token: string,
  now: number,
): void {
  if (!isSignatureOf(signature, [token, timestamp, nonce])) throw new KeyringError('push_signature_wrong');
  const isTime = timestampPattern.test(timestamp);
  if (!isTime || Math.abs(now - Number(timestamp)) > windowSeconds) throw new KeyringError('push_expired');
}

/**
 * When a signature is over for good, in Unix seconds. WeChat signs token, time stamp and nonce sorted and joined. So the
 * signature does not say which is which, nor where one ends: it is good again at each later time that can be read in
 * what was joined. That happens, since nonces are random numbers up to 2^31, such as 2046759987.
 */
export function endOfSignature(
  { timestamp, nonce }: Omit<PushSignature, 'signature'>,
  token: string,
): number {
  const joined = joinSorted([token, timestamp, nonce]);
  const times = placesIn(joined).flatMap((at) => {
    const time = joined.slice(at, at + timestampLength);
    const rest = joined.slice(0, at) + joined.slice(at + timestampLength);
    return timestampPattern.test(time) && canBeRead(joined, time, rest, token) ? [Number(time)] : [];
  });
  return Math.max(...times) + windowSeconds + 1;
}

/** Whether `rest` is the token with a nonce before, behind or around it, so that with the time they are joined as they were. */
function canBeRead(joined: string, time: string, rest: string, token: string): boolean {
  return placesIn(rest).some((at) => {
    const nonce = rest.slice(0, at) + rest.slice(at + token.length);
    return joinSorted([token, time, nonce]) === joined;
  });
}

function placesIn(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => at);
}
