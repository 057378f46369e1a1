import { createMediaId } from './formats.ts';
import type { FormFile } from './multipart.ts';

/** The kinds of media that can be uploaded. */
export const mediaTypes = ['image', 'voice', 'video', 'thumb'] as const;

/** A kind of media. */
export type MediaType = (typeof mediaTypes)[number];

/** A file that an account has uploaded. `since` is in Unix seconds. */
export interface Medium extends FormFile {
  readonly id: string;
  readonly mediaType: MediaType;
  readonly since: number;
  /** What a video of the permanent kind came with. */
  readonly description?: { readonly title: string; readonly introduction: string };
}

/** Three days, in seconds: so long are temporary media kept. */
const temporaryLife = 3 * 86_400;

/** The media of one account: those that are kept for three days, and those that stay. */
export class Media {
  readonly #temporary = new Map<string, Medium>();
  readonly #permanent = new Map<string, Medium>();

  addTemporary(medium: Omit<Medium, 'id'>): Medium {
    return add(this.#temporary, medium);
  }

  addPermanent(medium: Omit<Medium, 'id'>): Medium {
    return add(this.#permanent, medium);
  }

  temporary(id: string, now: number): Medium | undefined {
    const medium = this.#temporary.get(id);
    return medium && now < medium.since + temporaryLife ? medium : undefined;
  }

  permanent(id: string): Medium | undefined {
    return this.#permanent.get(id);
  }

  /** Whether there was one to remove. */
  removePermanent(id: string): boolean {
    return this.#permanent.delete(id);
  }

  /** Those that stay, of one kind, the newest first. */
  listPermanent(type: string): readonly Medium[] {
    return [...this.#permanent.values()].filter(({ mediaType }) => mediaType === type).reverse();
  }
}

function add(media: Map<string, Medium>, medium: Omit<Medium, 'id'>): Medium {
  const kept = { ...medium, id: createMediaId() };
  media.set(kept.id, kept);
  return kept;
}
