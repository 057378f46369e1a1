import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { stringify } from 'csv-stringify';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type * as z from 'zod/mini';
import type { followersExport } from '../functions/admin/commands/followers-export.ts';
import { beijingClock } from '../shared/platform/beijing-time.ts';
import type { ExportOutput } from './export-output.ts';
import { say } from './language.ts';

type Page = z.output<(typeof followersExport)['result']>;
type ExportedFollower = Page['followers'][number];

/** A follower, and when they followed for people to read. */
type CsvRow = ExportedFollower & { readonly subscribedAtBeijing?: string };

/** The columns of the CSV. Whoever is exported follows, so `subscribed` is not among them. */
const columns = [
  'openid',
  'subscribedAt',
  'subscribedAtBeijing',
  'unionid',
  'nickname',
  'avatar',
  'profileFrom',
  'remark',
  'language',
  'tagIds',
  'subscribeScene',
  'qrScene',
  'qrSceneStr',
] as const satisfies readonly (keyof CsvRow)[];

const mediaTypes = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' } as const;

/**
 * Writes everyone whom `pageAfter` gives, page by page, and returns how many they were. No more than a few pages are in
 * memory at any time: the next one is asked for when the target has taken the one before.
 */
export async function exportFollowers(
  pageAfter: (next: string | undefined) => Promise<Page>,
  { format, target }: ExportOutput,
  s3: () => S3Client,
  progress: (written: number) => void = () => undefined,
): Promise<number> {
  let written = 0;
  async function* pages(): AsyncGenerator<readonly ExportedFollower[]> {
    let next: string | undefined;
    do {
      const page = await pageAfter(next);
      yield page.followers;
      written += page.followers.length;
      progress(written);
      ({ next } = page);
    } while (next !== undefined);
  }
  const write = (out: Writable, end = true) =>
    format === 'ndjson'
      ? pipeline(Readable.from(jsonLines(pages()), { objectMode: false }), out, { end })
      : pipeline(Readable.from(csvRows(pages())), csvWriter(), out, { end });

  switch (target.to) {
    case 'stdout':
      await write(process.stdout, false);
      break;
    case 'file':
      await writeFile(target.path, write);
      break;
    case 's3': {
      const client = s3();
      const body = new PassThrough();
      const upload = new Upload({
        client,
        params: { Bucket: target.bucket, Key: target.key, Body: body, ContentType: mediaTypes[format] },
      });
      try {
        // Where one of the two fails the other does, and of a half upload nothing is left.
        await Promise.all([write(body), upload.done()]);
      } finally {
        client.destroy();
      }
    }
  }
  return written;
}

/** The file has its name only once it is whole. Nobody else may read it: people are in it. */
async function writeFile(path: string, write: (out: Writable) => Promise<void>): Promise<void> {
  const unfinished = `${path}.part`;
  try {
    await write(createWriteStream(unfinished, { mode: 0o600 }));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    const isNowhere = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw isNowhere ? new Error(say`There is no folder ${dirname(path)}.`, { cause: error }) : error;
  }
}

async function* jsonLines(pages: AsyncIterable<readonly ExportedFollower[]>): AsyncGenerator<string> {
  for await (const page of pages) {
    if (page.length > 0) yield `${page.map((follower) => JSON.stringify(follower)).join('\n')}\n`;
  }
}

async function* csvRows(
  pages: AsyncIterable<readonly ExportedFollower[]>,
): AsyncGenerator<readonly (string | number | undefined)[]> {
  for await (const page of pages) {
    for (const follower of page) {
      const { subscribedAt } = follower;
      const row: CsvRow = {
        ...follower,
        ...(subscribedAt !== undefined && { subscribedAtBeijing: beijingClock(subscribedAt) }),
      };
      yield columns.map((name) => {
        const value = row[name];
        return typeof value === 'object' ? value.join(' ') : value;
      });
    }
  }
}

/**
 * CSV as spreadsheets read it: the byte order mark tells them that it is UTF-8, and what would be a formula gets an
 * apostrophe in front.
 */
function csvWriter() {
  return stringify({
    header: true,
    columns: [...columns],
    bom: true,
    escape_formulas: true,
    record_delimiter: 'windows',
    // A single line break ends no record here, but it does for some readers.
    quoted_match: /[\r\n]/,
  });
}
