import { randomBytes } from 'node:crypto';

import { announce } from '../diagnostics.ts';

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function randomText(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}

/** A global access token: 136 characters, `84_` first. Both token kinds look alike. */
export function createAccessToken(): string {
  return announce('token', `84_${randomText(133)}`);
}

/** A user's web token or refresh token: 110 characters. */
export function createSnsToken(): string {
  return announce('token', `84_${randomText(107)}`);
}

/** A JS-SDK or card ticket: 86 characters. */
export function createTicket(): string {
  return announce('ticket', randomText(86));
}

/** The id of an uploaded file: 64 characters. */
export function createMediaId(): string {
  return randomText(64);
}

/** The id of a template: 43 characters. */
export function createTemplateId(): string {
  return randomText(43);
}

/** An authorization code: 32 letters and digits, `0` first. */
export function createCode(): string {
  const tail = Array.from(randomBytes(31), (byte) => alphanumeric.charAt(byte % alphanumeric.length));
  return announce('code', `0${tail.join('')}`);
}
