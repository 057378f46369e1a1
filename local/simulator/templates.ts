import { createTemplateId } from './formats.ts';

/** A template message that an account may send. */
export interface Template {
  readonly id: string;
  /** Its number in the platform's library. */
  readonly shortId: string;
}

/** An account has at most so many templates. */
const maxTemplates = 25;

/** The templates of one account, and the numbers of the messages made with them. */
export class Templates {
  readonly #templates = new Map<string, Template>();
  #messages = 0;

  /** The new template; undefined where the account has as many as it may. */
  add(shortId: string): Template | undefined {
    if (this.#templates.size >= maxTemplates) return undefined;
    const template = { id: createTemplateId(), shortId };
    this.#templates.set(template.id, template);
    return template;
  }

  has(id: string): boolean {
    return this.#templates.has(id);
  }

  /** Whether there was one to remove. */
  remove(id: string): boolean {
    return this.#templates.delete(id);
  }

  list(): readonly Template[] {
    return [...this.#templates.values()];
  }

  /** The number of a message that has just been sent. */
  nextMessageId(): number {
    this.#messages += 1;
    return 200_000_000 + this.#messages;
  }
}
