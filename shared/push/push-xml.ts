import { parseXml, XmlCdata, XmlElement, XmlText, type XmlDocument } from '@rgrove/parse-xml';
import { KeyringError } from '../platform/errors.ts';

/** The elements of a push by name: text, or further elements, or a list where a name is repeated. */
export type PushFields = Readonly<Record<string, unknown>>;

/** How deep elements may be nested, the root included. The parser calls itself for each level. */
const maxLevels = 16;

/** Nothing but an XML declaration may come before the root: no DOCTYPE, and so no DTD. */
const beginning = /^\uFEFF?\s*(?:<\?xml\s[^<>]*\?>\s*)?<xml>/;

/**
 * A comment, a processing instruction, a CDATA section, or a tag, within which a quoted `>` does not end it. One of the
 * first three without an end takes all the rest, so that no text is searched for an end twice. It takes the end of the
 * root with it, or stands after the root: the parser refuses both.
 */
const markup =
  /<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)|<!\[CDATA\[(?<section>.*?)(?:\]\]>|$)|<(?<tag>(?:[^<>"']|"[^"<]*"|'[^'<]*')*)>/gs;

/**
 * The elements below the root `<xml>`. A CDATA section is text as it stands, other text has no blanks around it, and
 * numbers are text, since an id has more digits than a number holds. Attributes do not count. XML's own five entities
 * and character references stand for their characters; there are no other entities.
 *
 * Throws KeyringError `push_not_xml`, with nothing of the text in it.
 */
export function parsePushXml(text: string): PushFields {
  if (!beginning.test(text)) throw new KeyringError('push_not_xml');
  const { outline, levels } = outlineOf(text);
  if (levels > maxLevels) throw new KeyringError('push_not_xml');
  const [fields] = parsed(outline)
    .children.filter((node) => node instanceof XmlElement)
    .map(contentOf);
  if (typeof fields !== 'object') throw new KeyringError('push_not_xml');
  return fields;
}

/**
 * The document with each CDATA section in base64, and how many levels its elements have. WeChat sends control characters
 * that somebody typed as they are, in a CDATA section, where XML has no place for them: the parser would refuse the
 * whole push.
 *
 * @see https://github.com/offu/WeRoBot/issues/420
 */
function outlineOf(text: string): { outline: string; levels: number } {
  let level = 0;
  let levels = 0;
  // The parser would do the same with line ends, but in quadratic time.
  const lines = text.replace(/\r\n?/g, '\n');
  const outline = lines.replace(markup, (piece: string, section?: string, tag?: string) => {
    if (section !== undefined) return `<![CDATA[${Buffer.from(section, 'utf16le').toString('base64')}]]>`;
    if (tag === undefined || tag.endsWith('/')) return piece;
    level += tag.startsWith('/') ? -1 : 1;
    levels = Math.max(levels, level);
    return piece;
  });
  return { outline, levels };
}

function parsed(outline: string): XmlDocument {
  try {
    return parseXml(outline, { preserveCdata: true });
  } catch {
    // The parser's message quotes the text.
    throw new KeyringError('push_not_xml');
  }
}

/** The elements in an element, with text between them under `#text`; or its text if there are none. */
function contentOf(element: XmlElement): string | Record<string, unknown> {
  let text = '';
  const elements = new Map<string, unknown[]>();
  for (const node of element.children) {
    if (node instanceof XmlElement) {
      // Whoever copies a record by assignment would set the copy's prototype.
      if (node.name === '__proto__') throw new KeyringError('push_not_xml');
      const content = contentOf(node);
      const same = elements.get(node.name);
      if (same === undefined) elements.set(node.name, [content]);
      else same.push(content);
    } else if (node instanceof XmlCdata) {
      text += Buffer.from(node.text, 'base64').toString('utf16le');
    } else if (node instanceof XmlText) {
      text += node.text.trim();
    }
  }
  if (elements.size === 0) return text;
  const fields = [...elements].map(([name, all]) => [name, all.length === 1 ? all[0] : all] as const);
  return Object.fromEntries(text === '' ? fields : [...fields, ['#text', text] as const]);
}
