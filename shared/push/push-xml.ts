import { XMLParser } from 'fast-xml-parser';
import * as z from 'zod/mini';
import { KeyringError } from '../platform/errors.ts';

/** The elements of a push by name: text, or further elements, or a list where a name is repeated. */
export type PushFields = Readonly<Record<string, unknown>>;

/** Entities stay as they are written, and numbers are text: an id has more digits than a number holds. */
const parser = new XMLParser({
  processEntities: false,
  htmlEntities: false,
  parseTagValue: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 16,
});

/** Nothing but an XML declaration may come before the root: no DOCTYPE, and so no DTD. */
const beginning = /^\uFEFF?\s*(?:<\?xml\s[^<>]*\?>\s*)?<xml>/;

const documentSchema = z.strictObject({ xml: z.record(z.string(), z.unknown()) });

/** The elements below the root `<xml>`. Throws KeyringError `push_not_xml`. */
export function parsePushXml(text: string): PushFields {
  if (!beginning.test(text)) throw new KeyringError('push_not_xml');
  let parsed: unknown;
  try {
    // By itself the parser takes XML that is not well-formed. What checks it is to become a package of its own.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    parsed = parser.parse(text, true);
  } catch {
    // The parser's message may quote the text.
    throw new KeyringError('push_not_xml');
  }
  const document = documentSchema.safeParse(parsed);
  if (!document.success) throw new KeyringError('push_not_xml');
  return document.data.xml;
}
