import { channel } from 'node:diagnostics_channel';
import type { LogSink } from '../shared/platform/log.ts';

/**
 * What the local stack and the simulator tell whoever listens in the same process, by Node's diagnostics channels. In a
 * running stack nobody does. The tests do: whatever was issued must not be found in anything that was printed.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html
 */
export const issuedChannel = 'wechat-keyring:issued';
export const printedChannel = 'wechat-keyring:printed';

/** A value that only the one it was issued to may know. */
export interface Issued {
  readonly kind: 'AppSecret' | 'token' | 'ticket' | 'code' | 'state' | 'openid' | 'push token' | 'AES key';
  readonly value: string;
}

/** A line of the functions' log. */
export interface Printed {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const issued = channel(issuedChannel);
const printed = channel(printedChannel);

/** Tells that the simulator knows or hands out the value; returns it. */
export function announce(kind: Issued['kind'], value: string): string {
  if (issued.hasSubscribers) issued.publish({ kind, value } satisfies Issued);
  return value;
}

/** The log, telling each of its lines. */
export function observedLog(log: LogSink): LogSink {
  const observed =
    (level: keyof LogSink): LogSink['info'] =>
    (message, fields = {}) => {
      if (printed.hasSubscribers) printed.publish({ message, fields } satisfies Printed);
      log[level](message, fields);
    };
  return { info: observed('info'), warn: observed('warn'), error: observed('error') };
}

/** Tells each line that is written, beside whoever takes it. */
export function observedLine(message: string, write?: (line: string) => void): (line: string) => void {
  return (line) => {
    if (printed.hasSubscribers) printed.publish({ message, fields: { line } } satisfies Printed);
    write?.(line);
  };
}
