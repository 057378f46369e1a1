import { errorName } from '../platform/error-name.ts';
import { KeyringError } from '../platform/errors.ts';
import { WeChatError } from './errors.ts';

/** The stable code of a fault, for records and logs: no message, which may name what it must not. */
export function errorCode(error: unknown): string {
  if (error instanceof WeChatError || error instanceof KeyringError) return error.code;
  return errorName(error);
}
