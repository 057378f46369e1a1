import type { Refusal } from './door.ts';

/** Why the console itself has refused or failed: what else is refused has a code of the admin function. */
type ConsoleFault =
  | Refusal
  | 'not_found'
  | 'media_type_unsupported'
  | 'body_too_large'
  | 'body_not_json'
  | 'command_unknown'
  | 'answer_not_understood'
  | 'unreachable';

const faults: Readonly<Record<ConsoleFault, { readonly status: number; readonly title: string }>> = {
  host_not_allowed: { status: 403, title: 'The console answers on the loopback address only.' },
  origin_not_allowed: { status: 403, title: 'Other pages may not call the console.' },
  user_not_allowed: { status: 403, title: 'The console is for the user who has started it.' },
  token_unknown: { status: 401, title: 'This address is not one of this console.' },
  token_used: { status: 401, title: 'This address has been opened before. Start the console once more.' },
  session_unknown: { status: 401, title: 'This session is over. Start the console once more.' },
  not_found: { status: 404, title: 'There is no such thing here.' },
  media_type_unsupported: { status: 415, title: 'The body must be application/json.' },
  body_too_large: { status: 413, title: 'The body is too large.' },
  body_not_json: { status: 400, title: 'The body is not a JSON object.' },
  command_unknown: { status: 400, title: 'The console does not send such a command.' },
  answer_not_understood: {
    status: 502,
    title: 'The admin function answered in a way that this version does not know.',
  },
  unreachable: { status: 502, title: 'The service could not be reached.' },
};

/** What the page is told of, as an answer of the admin function that refuses. */
export class Fault extends Error {
  readonly code: ConsoleFault;

  constructor(code: ConsoleFault, detail?: string) {
    super(detail);
    this.code = code;
  }

  get status(): number {
    return faults[this.code].status;
  }

  toJSON(): object {
    const { code, message } = this;
    const { title } = faults[code];
    return { ok: false, problem: { code, title, ...(message !== '' && { detail: message }) } };
  }
}
