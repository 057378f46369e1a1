import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { appIdSchema } from '../shared/wechat/tokens.ts';
import { awsSnapshotSchema } from './aws/server.ts';

const savedSchema = z.object({
  clockOffset: z.number(),
  aws: awsSnapshotSchema,
  /** The account and an API key for it; absent while the first start has not come to its end. */
  account: z.optional(appIdSchema),
  apiKey: z.optional(z.string()),
});
/** What a local stack keeps beside its tables. */
type Saved = z.infer<typeof savedSchema>;

/**
 * The folder in which a local stack keeps what it stores: the tables, and one file with the rest, `stack.json`. Secrets
 * are in both, so only their owner may read them, whoever may open the folder itself.
 */
export class DataFolder {
  /** The folder of the tables. */
  readonly tables: string;
  readonly #path: string;
  readonly #file: string;

  /** Makes what is missing of it. Throws an Error that says why it cannot be used. */
  constructor(path: string) {
    this.#path = path;
    this.tables = join(path, 'dynamodb');
    this.#file = join(path, 'stack.json');
    this.#try(() => {
      mkdirSync(this.tables, { recursive: true, mode: 0o700 });
      chmodSync(this.tables, 0o700);
    });
  }

  /** What was written last; undefined before the first time. Throws an Error that says what is damaged. */
  read(): Saved | undefined {
    if (!existsSync(this.#file)) return undefined;
    const text = this.#try(() => readFileSync(this.#file, 'utf8'));
    try {
      return z.parse(savedSchema, JSON.parse(text));
    } catch (error) {
      const advice = `Put a copy of it back, or delete the folder ${this.#path} to begin anew.`;
      throw new Error(`${this.#file} is damaged. ${advice}`, { cause: error });
    }
  }

  /** Replaces what was written before in one step, so that it is never half there. Throws an Error that says why not. */
  write(saved: Saved): void {
    this.#try(() => {
      writeFileSync(`${this.#file}.new`, JSON.stringify(saved), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    });
  }

  /** What to say where there is something in the tables, and the file is not there. */
  withoutFile(): Error {
    const advice = `Put a copy of it back, or delete the folder ${this.#path} to begin anew.`;
    return new Error(
      `${this.#file} is missing, and without it the tables beside it cannot be used. ${advice}`,
    );
  }

  #try<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`The data folder ${this.#path} cannot be used: ${message}.`, { cause: error });
    }
  }
}
