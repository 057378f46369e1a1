import { parseXml, XmlCdata, XmlElement, XmlText } from '@rgrove/parse-xml';
import { KeyringError } from '../platform/errors.ts';

/** The elements of a push by name: text, or further elements, or a list where a name is repeated. */
export type PushFields = Readonly<Record<string, unknown>>;

/** How deep elements may be nested, the root included. The parser calls itself for each level. */
const maxLevels = 16;

/** Nothing but an XML declaration may come before the root: no DOCTYPE, and so no DTD. */
const beginning = /^\uFEFF?\s*(?:<\?xml\s[^<>]*\?>\s*)?<xml>/;

/**
 * A comment, a processing instruction, a CDATA section, or a tag, within which a quoted `>` does not end it. Whatever
 * has no end is a piece, too, so that no text is searched for an end twice; the parser refuses it.
 */
const markup =
  /<!--(?:.*?-->|.*)|<\?(?:.*?\?>|.*)|<!\[CDATA\[(?:(?<section>.*?)\]\]>|.*)|<(?:[^<>"']|"[^"<]*"|'[^'<]*')*>?/gs;

/**
 * The elements below the root `<xml>`. A CDATA section is text as it stands, other text has no blanks around it, and
 * numbers are text, since an id has more digits than a number holds. Attributes do not count. XML's own five entities
 * and character references stand for their characters; there are no other entities.
 *
 * Throws KeyringError `push_not_xml`, with nothing of the text in it.
 */
export function parsePushXml(text: string): PushFields {
  if (!beginning.test(text)) throw new KeyringError('push_not_xml');
  const { outline, sections, levels } = withoutSections(text);
  if (levels > maxLevels) throw new KeyringError('push_not_xml');
  const fields = contentOf(rootOf(outline), sections);
  if (typeof fields === 'string') throw new KeyringError('push_not_xml');
  return fields;
}

/**
 * The document with a number in each CDATA section, what stood there, and how many levels its elements have. WeChat
 * sends control characters that somebody typed as they are, in a CDATA section, where XML has no place for them: the
 * parser would refuse the whole push.
 *
 * @see https://github.com/offu/WeRoBot/issues/420
 */
function withoutSections(text: string): { outline: string; sections: readonly string[]; levels: number } {
  const sections: string[] = [];
  let level = 0;
  let levels = 0;
  // The parser would do the same with line ends, but in quadratic time.
  const outline = text.replace(/\r\n?/g, '\n').replace(markup, (piece: string, section?: string) => {
    if (section !== undefined) return `<![CDATA[${sections.push(section) - 1}]]>`;
    if (/^<[!?]/.test(piece) || piece.endsWith('/>')) return piece;
    level += piece.startsWith('</') ? -1 : 1;
    levels = Math.max(levels, level);
    return piece;
  });
  return { outline, sections, levels };
}

function rootOf(outline: string): XmlElement {
  try {
    const { root } = parseXml(outline, { preserveCdata: true });
    if (root !== null) return root;
  } catch {
    // The parser's message quotes the text.
  }
  throw new KeyringError('push_not_xml');
}

/** The elements in an element, with text between them under `#text`; or its text if there are none. */
function contentOf(element: XmlElement, sections: readonly string[]): string | Record<string, unknown> {
  let text = '';
  const elements = new Map<string, unknown[]>();
  for (const node of element.children) {
    if (node instanceof XmlElement) {
      // Whoever copies a record by assignment would set the copy's prototype.
      if (node.name === '__proto__') throw new KeyringError('push_not_xml');
      const content = contentOf(node, sections);
      const same = elements.get(node.name);
      if (same === undefined) elements.set(node.name, [content]);
      else same.push(content);
    } else if (node instanceof XmlCdata) {
      text += sections[Number(node.text)] ?? '';
    } else if (node instanceof XmlText) {
      text += node.text.trim();
    }
  }
  if (elements.size === 0) return text;
  const fields = [...elements].map(([name, all]) => [name, all.length === 1 ? all[0] : all] as const);
  return Object.fromEntries(text === '' ? fields : [...fields, ['#text', text] as const]);
}
