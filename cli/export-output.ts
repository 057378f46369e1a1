import type { Value } from './values.ts';

export const exportFormats = ['ndjson', 'csv'] as const;

/** What an export writes, and where: a file, an object in S3, or standard output. */
export interface ExportOutput {
  readonly format: (typeof exportFormats)[number];
  readonly target:
    | { readonly to: 'file'; readonly path: string }
    | { readonly to: 's3'; readonly bucket: string; readonly key: string }
    | { readonly to: 'stdout' };
}

/** Where an export goes. */
export const exportTarget: Value<ExportOutput['target']> = {
  shown: '<file>',
  rule: 'is a file, or such as s3://bucket/followers.csv',
  read: (out) => {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(out) ?? [];
    if (bucket !== undefined && key !== undefined) return { to: 's3', bucket, key };
    if (out.startsWith('s3:') || out === '') return undefined;
    return out === '-' ? { to: 'stdout' } : { to: 'file', path: out };
  },
};
