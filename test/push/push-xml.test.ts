import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePushXml } from '../../shared/push/push-xml.ts';
import { anyCharacter } from '../kit/any-character.ts';
import { toXml } from './sender.ts';

function codeOf(text: string): unknown {
  try {
    return parsePushXml(text);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

/** Text in CDATA, in a second section where it would end the first. */
function inCdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const names = fc
  .stringMatching(/^[A-Za-z_\u4E00-\u9FFF][\w.\u4E00-\u9FFF-]{0,20}$/)
  .filter((name) => name !== '__proto__');
const records = fc.dictionary(names, fc.string({ unit: 'grapheme' }), { minKeys: 1 });

function xmlOf(record: Readonly<Record<string, string>>, write: (text: string) => string): string {
  const elements = Object.entries(record).map(([name, text]) => `<${name}>${write(text)}</${name}>`);
  return `<xml>${elements.join('\n')}</xml>`;
}

describe('the XML of a push', () => {
  test('gives its elements as text, ids with all their digits', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n  <MsgId>24012345678901234567</MsgId>\n  <Content><![CDATA[ <b>你好</b> &amp; ]]></Content>\n  <EventKey><![CDATA[]]></EventKey>\n</xml>\n`;
    expect(parsePushXml(xml)).toEqual({
      MsgId: '24012345678901234567',
      Content: ' <b>你好</b> &amp; ',
      EventKey: '',
    });
  });

  test('gives any texts in CDATA sections back as they were', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(parsePushXml(xmlOf(record, inCdata))).toEqual({ ...record });
      }),
    );
  });

  test('gives any escaped texts back, but for blanks around them', () => {
    fc.assert(
      fc.property(records, (record) => {
        const trimmed = Object.fromEntries(Object.entries(record).map(([name, text]) => [name, text.trim()]));
        expect(parsePushXml(xmlOf(record, escaped))).toEqual(trimmed);
      }),
    );
  });

  test('may hold elements in elements, as menus that scan or send pictures do', () => {
    const xml = '<xml><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType></ScanCodeInfo></xml>';
    expect(parsePushXml(xml)).toEqual({ ScanCodeInfo: { ScanType: 'qrcode' } });
  });

  test('gives elements of the same name as a list, in their order', () => {
    const xml = '<xml><a>1</a><b>x</b><a><c>2</c></a><a/></xml>';
    expect(parsePushXml(xml)).toEqual({ a: ['1', { c: '2' }, ''], b: 'x' });
  });

  test('gives an empty element as an empty text, however it is written', () => {
    expect(parsePushXml('<xml><A/><B></B><C> </C></xml>')).toEqual({ A: '', B: '', C: '' });
  });

  test('gives text beside elements under a name that no element can have', () => {
    expect(parsePushXml('<xml><A>x<b>1</b><![CDATA[y]]></A></xml>')).toEqual({
      A: { b: '1', '#text': 'xy' },
    });
  });

  test('passes over white space between elements and around CDATA sections', () => {
    expect(parsePushXml('\n<xml>\n <A>\n  <B>\n<![CDATA[ x ]]>\t</B>\n </A>\n</xml>\n')).toEqual({
      A: { B: ' x ' },
    });
  });

  test('passes over attributes', () => {
    expect(parsePushXml(`<xml><A b="/>" c='"'>1</A></xml>`)).toEqual({ A: '1' });
  });

  test('passes over comments and what is in them', () => {
    expect(parsePushXml('<xml><!-- <B> <![CDATA[ --><A>1<!-- ]]> --></A></xml><!-- -->')).toEqual({ A: '1' });
  });

  test('gives a CDATA section after a comment or a processing instruction', () => {
    expect(parsePushXml('<xml><!-- x --><A><![CDATA[\u0001]]></A></xml>')).toEqual({ A: '\u0001' });
    expect(parsePushXml('<xml><?p x?><A><![CDATA[\u0001]]></A></xml>')).toEqual({ A: '\u0001' });
  });

  test('gives half a character in a CDATA section back', () => {
    expect(parsePushXml('<xml><A><![CDATA[\uD83D]]></A></xml>')).toEqual({ A: '\uD83D' });
  });

  test('passes over processing instructions and what is in them', () => {
    expect(parsePushXml('<xml><?p <B> <![CDATA[ ?><A>1<?p ]]> ?></A><?p?></xml><?p?>')).toEqual({ A: '1' });
  });

  test('may begin with a byte order mark', () => {
    expect(parsePushXml('\uFEFF<?xml version="1.0"?><xml><A>1</A></xml>')).toEqual({ A: '1' });
  });

  test("has XML's own entities and character references as their characters, once", () => {
    expect(parsePushXml('<xml><A>&lt;&gt;&amp;lt;&quot;&apos;&#65;&#x4F60;&#x1F600;</A></xml>')).toEqual({
      A: `<>&lt;"'A你😀`,
    });
  });

  test('has no entities in CDATA sections', () => {
    expect(parsePushXml('<xml><A><![CDATA[&lt;&#65;&e;]]></A></xml>')).toEqual({ A: '&lt;&#65;&e;' });
  });

  test('gives control characters in CDATA sections back, which WeChat sends as somebody typed them', () => {
    expect(parsePushXml('<xml><A><![CDATA[a\u0001\u001D\uFFFE\uFFFF]]></A></xml>')).toEqual({
      A: 'a\u0001\u001D\uFFFE\uFFFF',
    });
  });

  test('has line ends as XML has them, in CDATA sections too', () => {
    expect(parsePushXml('<xml><A>1\r\n2</A><B><![CDATA[1\r\n2\r3]]></B></xml>')).toEqual({
      A: '1\n2',
      B: '1\n2\n3',
    });
  });

  test('has elements named as the properties of every object, and changes none of these', () => {
    const fields = parsePushXml('<xml><constructor><prototype>1</prototype></constructor><toString/></xml>');
    expect(Object.entries(fields)).toEqual([
      ['constructor', { prototype: '1' }],
      ['toString', ''],
    ]);
    expect({}.constructor).toBe(Object);
  });

  test('may have sixteen levels', () => {
    expect(typeof codeOf(nested(16))).toBe('object');
  });

  test('may have any number of elements side by side', () => {
    expect(parsePushXml(`<xml>${'<a/><a>1</a>'.repeat(20)}</xml>`)).toEqual({
      a: Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? '' : '1')),
    });
  });

  test('may have tags in a text, which are no levels', () => {
    const text = '<a>'.repeat(100);
    expect(parsePushXml(toXml({ Content: text }))).toEqual({ Content: text });
  });

  test('expands nothing that a DTD in its midst declares', () => {
    const xml = '<xml><!DOCTYPE x [<!ENTITY e "expanded">]><A>&e;</A></xml>';
    expect(JSON.stringify(codeOf(xml))).not.toContain('expanded');
  });

  test('is in no error', () => {
    let thrown: unknown;
    try {
      parsePushXml('<xml><A>secret</B></xml>');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'push_not_xml' });
    expect(inspect(thrown, { depth: null, showHidden: true })).not.toContain('secret');
  });
});

/** So many elements in each other, the root among them. */
function nested(levels: number, tag = '<a>'): string {
  return `<xml>${tag.repeat(levels - 1)}${'</a>'.repeat(levels - 1)}</xml>`;
}

const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');

test.each([
  ['a billion laughs', `<!DOCTYPE xml [<!ENTITY l0 "lol">${laughs}]><xml><A>&l9;</A></xml>`],
  ['an external entity', '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><A>&e;</A></xml>'],
  ['an external DTD', '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><A>&e;</A></xml>'],
  [
    'a DTD after the declaration',
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY e "v">]><xml><A>&e;</A></xml>',
  ],
  ['a DTD that declares nothing', '<!DOCTYPE xml><xml><A>1</A></xml>'],
  ['a comment before the root', '<!-- x --><xml><A>1</A></xml>'],
  ['two roots', '<xml><A>1</A></xml><xml><A>2</A></xml>'],
  ['another root', '<html><A>1</A></html>'],
  ['a root without elements', '<xml>text</xml>'],
  ['an element that does not end', '<xml><A>1</xml>'],
  ['a CDATA section that does not end', '<xml><A><![CDATA[1</A></xml>'],
  ['a CDATA section after the root', '<xml><A>1</A></xml><![CDATA[x]]>'],
  ['a CDATA section after the root that does not end', '<xml><A>1</A></xml><![CDATA[x'],
  ['seventeen levels', nested(17)],
  ['seventeen levels with tags that look empty', nested(17, '<a b="/>">')],
  ['seventeen levels with tags that look empty in the other quotes', nested(17, "<a b='/>'>")],
  ['64 KiB of elements in each other', nested(9000)],
  ['64 KiB of elements that do not end', `<xml>${'<a>'.repeat(21_000)}`],
  ['an element named __proto__', '<xml><__proto__><a>1</a></__proto__></xml>'],
  ['an element named __proto__ in another', '<xml><A><__proto__/></A></xml>'],
  ['an entity that XML does not know', '<xml><A>&nbsp;</A></xml>'],
  ['an ampersand alone', '<xml><A>1 & 2</A></xml>'],
  ['a reference to a character that XML does not have', '<xml><A>&#0;</A></xml>'],
  ['a reference to half a character', '<xml><A>&#xD83D;</A></xml>'],
  ['a control character outside a CDATA section', '<xml><A>\u0001</A></xml>'],
  ['half a character outside a CDATA section', '<xml><A>\uD83D</A></xml>'],
  ['the end of a CDATA section without its beginning', '<xml><A>1]]></A></xml>'],
  ['a CDATA section in an attribute', '<xml><A b="<![CDATA[x]]>">1</A></xml>'],
  ['a tag that does not end', '<xml><A>1</A'],
  ['an attribute without quotes', '<xml><A b=1>1</A></xml>'],
  ['a comment that does not end', '<xml><A>1</A><!-- </xml>'],
  ['a processing instruction that does not end', '<xml><A>1</A><?p </xml>'],
  ['a declaration in its midst', '<xml><?xml version="1.0"?><A>1</A></xml>'],
  ['text after the root', '<xml><A>1</A></xml>x'],
  ['elements that overlap', '<xml><A><B>1</A></B></xml>'],
  ['a name that XML does not allow', '<xml><1>x</1></xml>'],
  ['an empty root', '<xml/>'],
  ['JSON', '{"ToUserName":"gh_0123456789ab"}'],
  ['no text', ''],
])('%s is push_not_xml', (_, xml) => {
  expect(codeOf(xml)).toBe('push_not_xml');
});

test('any text is either parsed or push_not_xml', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.boolean(), (text, isInRoot) => {
      const answer = codeOf(isInRoot ? `<xml><A>${text}</A></xml>` : text);
      expect(typeof answer === 'object' || answer === 'push_not_xml').toBe(true);
    }),
  );
});

test('any pieces of XML are either parsed or push_not_xml', () => {
  const pieces = fc.constantFrom(
    '<xml>',
    '</xml>',
    '<A>',
    '</A>',
    '<A b="',
    '/>',
    '<![CDATA[',
    ']]>',
    '&e;',
    '<!--',
    '-->',
    '<?x',
    '?>',
    'text',
    '<!DOCTYPE',
    '"',
    '<',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      const answer = codeOf(`<xml>${parts.join('')}</xml>`);
      expect(typeof answer === 'object' || answer === 'push_not_xml').toBe(true);
    }),
    { numRuns: 500 },
  );
});
