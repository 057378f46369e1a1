import * as z from 'zod/mini';

/** Where the stand-ins claim to be: the parts of every ARN. */
export const region = 'us-east-1';
export const accountId = '000000000000';

/** An error that the SDK shows to its caller under `code` as the error's name. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A service of the JSON 1.1 protocol: one action per `X-Amz-Target`, JSON in and out. */
export interface JsonService<State = unknown> {
  readonly actions: Readonly<Record<string, (input: unknown) => unknown>>;
  /** What it holds, as JSON; its constructor takes it back. */
  snapshot(): State;
}

export interface RestRequest {
  readonly method: string;
  /** The path's segments, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
}

/** Parses an action's input. Throws ValidationException, which names the field and never quotes its value. */
export function parseInput<T extends z.ZodMiniType>(schema: T, input: unknown): z.infer<T> {
  const parsed = z.safeParse(schema, input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the input');
  throw new AwsError('ValidationException', `Missing or not as the API defines it: ${fields.join(', ')}.`);
}

/** Throws SerializationException for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'The request is not JSON.');
  }
}
