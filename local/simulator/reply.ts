import type { Form } from './multipart.ts';

/** An answer before it is written. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** What the log says of it beside the status. */
  readonly note?: string;
}

/** A request, taken apart. `query` stays raw, since the authorize address is particular about it. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  /** The body, where it is a form with files. */
  readonly form: Form | undefined;
  readonly clientIp: string;
  readonly cookie: string;
}

/** What the address of a picture gets that nobody has. */
export const notFound: Reply = {
  status: 404,
  headers: { 'content-type': 'text/plain' },
  body: 'Not Found',
};
