/** What a driver is told, as JSON in the variable `SDK_SETUP`. */
export interface Setup {
  /** Where the SDK finds WeChat, without a slash at the end. */
  readonly base: string;
  /** Where it asks for what takes its AppSecret, tokens and logins. SDKs that know one address alone use `base`. */
  readonly keyBase: string;
  readonly appid: string;
  /** The account at the token broker, with a key for it in `secret`: then an adapter of examples/ gets the token. */
  readonly broker?: string | undefined;
  /** The AppSecret, or the key in its place. */
  readonly secret: string;
  /** Followers of the account, the first of whom gets a message. */
  readonly openids: readonly string[];
  readonly template: string;
  /** A picture to upload. */
  readonly file: string;
  /** A code of a user's, for one exchange. */
  readonly code: string;
  readonly push: Push;
}

/** A push in safe mode as WeChat sent it, and what opens it. */
export interface Push {
  readonly token: string;
  readonly aesKey: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}
