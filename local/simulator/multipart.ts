import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { Busboy } from '@fastify/busboy';

/** A file of a form, as it was sent. */
export interface FormFile {
  readonly name: string;
  /** Its Content-Type, `text/plain` where the part has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** A form with files, by the names of its fields. */
export interface Form {
  readonly files: ReadonlyMap<string, FormFile>;
  readonly fields: ReadonlyMap<string, string>;
}

/** The form in a request body; undefined where it is none. A part without a filename is no file, as on the platform. */
export async function parseForm(contentType: string, body: Buffer): Promise<Form | undefined> {
  if (!/^multipart\/form-data\b/i.test(contentType)) return undefined;
  const fields = new Map<string, string>();
  const files: Promise<[string, FormFile]>[] = [];
  try {
    const parser = Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: (_field, _type, name) => name !== undefined,
    });
    parser.on('field', (field, value) => fields.set(field, value));
    parser.on('file', (field, stream, name, _encoding, type) => {
      files.push(buffer(stream).then((bytes) => [field, { name, type, bytes }]));
    });
    await pipeline(Readable.from([body]), parser);
    return { files: new Map(await Promise.all(files)), fields };
  } catch {
    return undefined;
  }
}
