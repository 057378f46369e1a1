/** The user who is logged in. `nickname` and `avatar` are absent where the user shares none. */
export interface Me {
  readonly nickname: string | undefined;
  readonly avatar: string | undefined;
  /** Whether the user has allowed that name and picture are shown; false after a silent login. */
  readonly sharesProfile: boolean;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/**
 * Why a call failed. `code` is that of the problem document (RFC 9457), `network` when there was no answer at
 * all, `http_<status>` for a refusal without a code, and `not_understood` for an answer of another shape.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(code: string, retryAfter?: number) {
    super(code);
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the answer to it is to log in. */
  get needsLogin(): boolean {
    return this.code === 'session_missing' || this.code === 'session_expired';
  }
}

/** The calls this page makes. All that fail throw an ApiError. */
export interface Api {
  /** Where a link sends the browser to log in; WeChat then leads back to `returnTo`. */
  loginUrl(returnTo: string): string;
  me(): Promise<Me>;
  /** URLs of up to `limit` pictures, in WeChat's size (0 is 640 pixels). */
  avatars(options: { limit: number; size: 0 | 46 | 64 | 96 | 132 }): Promise<string[]>;
  /** Ends the session, or with `everywhere` all sessions of the user. */
  logout(options?: { everywhere: boolean }): Promise<void>;
  /** Has the service delete all it holds of the user, sessions included. */
  deleteMe(): Promise<void>;
}

/** A header that no foreign form can send: the service asks for it. */
const changing = { 'X-Keyring-CSRF': '1' };
/** Longer than the service itself waits for WeChat. */
const deadlineMs = 30_000;

/** @param options.base where the API is, without a slash at the end; empty for the page's own origin */
export function createApi({ base, account }: { base: string; account: string }): Api {
  const root = `${base}/v1/accounts/${encodeURIComponent(account)}`;

  async function call(path: string, init: RequestInit = {}): Promise<unknown> {
    const canceller = new AbortController();
    const timer = setTimeout(() => {
      canceller.abort();
    }, deadlineMs);
    try {
      const response = await fetch(root + path, {
        ...init,
        credentials: 'include',
        cache: 'no-store',
        signal: canceller.signal,
      });
      const text = await response.text();
      if (!response.ok) throw problemOf(response.status, text);
      return text === '' ? undefined : JSON.parse(text);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(error instanceof SyntaxError ? 'not_understood' : 'network');
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    loginUrl: (returnTo) =>
      `${root}/oauth/authorize?scope=snsapi_userinfo&return_to=${encodeURIComponent(returnTo)}`,
    me: async () => meOf(await call('/me')),
    avatars: async ({ limit, size }) => textsOf(await call(`/avatars?limit=${limit}&size=${size}`)),
    logout: async ({ everywhere } = { everywhere: false }) => {
      const path = everywhere ? '/oauth/logout?everywhere=true' : '/oauth/logout';
      await call(path, { method: 'POST', headers: changing });
    },
    deleteMe: async () => {
      await call('/me', { method: 'DELETE', headers: changing });
    },
  };
}

function problemOf(status: number, text: string): ApiError {
  let code: unknown;
  let retryAfter: unknown;
  try {
    ({ code, retryAfter } = fieldsOf(JSON.parse(text)));
  } catch {
    // Not a problem document: a proxy answered.
  }
  return new ApiError(
    typeof code === 'string' ? code : `http_${status}`,
    typeof retryAfter === 'number' ? retryAfter : undefined,
  );
}

function meOf(body: unknown): Me {
  const { nickname, avatar, scope, expiresAt } = fieldsOf(body);
  if (typeof expiresAt !== 'number') throw new ApiError('not_understood');
  const sharesProfile = textsOf(scope).includes('snsapi_userinfo');
  return { nickname: textOf(nickname), avatar: textOf(avatar), sharesProfile, expiresAt };
}

function fieldsOf(body: unknown): Partial<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(body: unknown): string[] {
  if (!Array.isArray(body)) throw new ApiError('not_understood');
  return body.filter((item): item is string => typeof item === 'string');
}
