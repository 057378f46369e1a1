import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { hashOf, shardNumberOf } from './follower-item.ts';

/** Some neighbours in WeChat's list who are kept in the same partition of the mirror. */
export interface Chunk {
  readonly shard: number;
  /** Tells chunks of a shard apart: who has the same members has the same digest. 22 characters. */
  readonly digest: string;
  /** In the order of the openids, each once. */
  readonly members: readonly string[];
}

/** One openid in so many ends a segment. A chunk then has 24 members, and mostly costs one write unit. */
const segmentLength = 192;
/** A segment is never longer, so that each full page has an end of one. */
const maxSegmentLength = 4 * segmentLength;

/**
 * Cuts a part of WeChat's list into segments. Whether an openid ends one is drawn from its hash, so whoever comes or
 * goes changes the segment that they are in, and none after it. `rest` is what has no end yet; with `isWhole` the last
 * segment ends with the list.
 */
export function cut(
  openids: readonly string[],
  { isWhole }: { isWhole: boolean },
): { segments: readonly (readonly string[])[]; rest: readonly string[] } {
  const segments: string[][] = [];
  let open: string[] = [];
  for (const openid of openids) {
    open.push(openid);
    if (endsSegment(openid) || open.length === maxSegmentLength) {
      segments.push(open);
      open = [];
    }
  }
  if (!isWhole || open.length === 0) return { segments, rest: open };
  return { segments: [...segments, open], rest: [] };
}

/** The shard is drawn from the first byte of the same hash. */
function endsSegment(openid: string): boolean {
  return hashOf(openid).readUInt32BE(1) % segmentLength === 0;
}

/** The chunks of a segment: its members by shard. */
export function chunksOf(segment: readonly string[]): Chunk[] {
  return [...Map.groupBy(segment, shardNumberOf)].map(([shard, some]) => {
    const members = [...new Set(some)].sort();
    return { shard, digest: digestOf(members.join('\n')), members };
  });
}

/** Nobody chooses openids, so there is nobody to be kept from finding two chunks with one digest. */
const digestBytes = 16;

function digestOf(members: string): string {
  return createHash('sha256').update(members).digest().subarray(0, digestBytes).toString('base64url');
}

/** The members as they are stored: sorted openids take 21 bytes each, of the 29 that they are with their separator. */
export function packMembers(members: readonly string[]): Uint8Array {
  return deflateRawSync(members.join('\n'));
}

/** Undefined where that is not what was packed for a chunk of that digest. */
export function unpackMembers(packed: Uint8Array, digest: string): string[] | undefined {
  try {
    const members = inflateRawSync(packed).toString();
    return digestOf(members) === digest ? members.split('\n') : undefined;
  } catch {
    return undefined;
  }
}

/** Digests as they are stored: 16 bytes each, one after the other. */
export function packDigests(digests: readonly string[]): Uint8Array {
  return Buffer.concat(digests.map((digest) => Buffer.from(digest, 'base64url')));
}

export function unpackDigests(packed: Uint8Array): string[] {
  const bytes = Buffer.from(packed);
  return Array.from({ length: bytes.length / digestBytes }, (_, nth) =>
    bytes.subarray(nth * digestBytes, (nth + 1) * digestBytes).toString('base64url'),
  );
}
