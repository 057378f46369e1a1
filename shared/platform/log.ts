/**
 * Where the service writes what it did. Messages are fixed sentences; what varies goes into fields.
 * Neither ever holds a secret, token, ticket, code, session id, state or openid.
 */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
