import { createHash } from 'node:crypto';
import { toPng } from 'jdenticon';

/** The sizes WeChat serves, as they stand in a picture's URL; 0 is 640 × 640 pixels. */
export const avatarSizes = ['0', '46', '64', '96', '132'] as const;
export type AvatarSize = (typeof avatarSizes)[number];

const largestPixels = 640;

/** Where the generated picture of an openid is served. The openid does not appear in it. */
export function placeholderUrl(publicUrl: string, openid: string, size: AvatarSize): string {
  const seed = createHash('sha256').update(openid).digest('hex').slice(0, 16);
  return `${publicUrl}/v1/placeholders/${seed}/${size}`;
}

/** The generated picture for a seed, as PNG. */
export function placeholderPng(seed: string, size: AvatarSize): Buffer {
  return toPng(seed, size === '0' ? largestPixels : Number(size), { backColor: '#f0f0f0' });
}
