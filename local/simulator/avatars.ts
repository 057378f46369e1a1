import { toPng } from 'jdenticon';

/** Size in the address → pixels. 0 is the original, 640 by 640. */
const sizes = new Map([
  ['0', 640],
  ['46', 46],
  ['64', 64],
  ['96', 96],
  ['132', 132],
]);

const cached = 1000;

/** Draws users' pictures, and keeps the last thousand. */
export class Avatars {
  readonly #drawn = new Map<string, Buffer>();

  /** A PNG, or undefined for a size that the platform does not offer. */
  draw(id: string, size: string): Buffer | undefined {
    const pixels = sizes.get(size);
    if (pixels === undefined) return undefined;
    const key = `${id}/${size}`;
    const png = this.#drawn.get(key) ?? toPng(id, pixels, { backColor: '#ffffffff' });
    this.#drawn.delete(key);
    this.#drawn.set(key, png);
    const [oldest] = this.#drawn.keys();
    if (this.#drawn.size > cached && oldest !== undefined) this.#drawn.delete(oldest);
    return png;
  }
}
