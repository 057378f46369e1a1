import type { FieldsOf, LogMessage } from './messages.ts';

/**
 * Where the service writes what it did. Messages are fixed sentences; what varies goes into fields. The one list of
 * both is `messages.ts`: a new message or field does not compile before it stands there.
 */
export interface Log {
  info<Message extends LogMessage<'info'>>(message: Message, fields?: FieldsOf<Message>): void;
  warn<Message extends LogMessage<'warn'>>(message: Message, fields?: FieldsOf<Message>): void;
  error<Message extends LogMessage<'error'>>(message: Message, fields?: FieldsOf<Message>): void;
}

/** What takes lines of any wording, and so can be a {@link Log}: the local stack's services have words of their own. */
export interface LogSink {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
