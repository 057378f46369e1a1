import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePushXml } from '../../shared/push/push-xml.ts';
import { toXml } from './sender.ts';

function codeOf(text: string): unknown {
  try {
    return parsePushXml(text);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
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

  test('gives any text back that a CDATA section can hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes(']]>'));
        expect(parsePushXml(toXml({ Content: text }))).toEqual({ Content: text });
      }),
    );
  });

  test('may hold elements in elements, as menus that scan or send pictures do', () => {
    const xml = '<xml><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType></ScanCodeInfo></xml>';
    expect(parsePushXml(xml)).toEqual({ ScanCodeInfo: { ScanType: 'qrcode' } });
  });

  test('leaves an entity as it is written', () => {
    expect(parsePushXml('<xml><A>&lt;&#65;&e;</A></xml>')).toEqual({ A: '&lt;&#65;&e;' });
  });

  test('expands nothing that a DTD in its midst declares', () => {
    const xml = '<xml><!DOCTYPE x [<!ENTITY e "expanded">]><A>&e;</A></xml>';
    expect(JSON.stringify(codeOf(xml))).not.toContain('expanded');
  });
});

const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');

test.each([
  ['a billion laughs', `<!DOCTYPE xml [<!ENTITY l0 "lol">${laughs}]><xml><A>&l9;</A></xml>`],
  ['an external entity', '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><A>&e;</A></xml>'],
  ['an external DTD', '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><A>&e;</A></xml>'],
  [
    'a DTD after the declaration',
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY e "v">]><xml><A>&e;</A></xml>',
  ],
  ['a comment before the root', '<!-- x --><xml><A>1</A></xml>'],
  ['two roots', '<xml><A>1</A></xml><xml><A>2</A></xml>'],
  ['another root', '<html><A>1</A></html>'],
  ['a root without elements', '<xml>text</xml>'],
  ['an element that does not end', '<xml><A>1</xml>'],
  ['a CDATA section that does not end', '<xml><A><![CDATA[1</A></xml>'],
  ['elements nested without end', `<xml>${'<a>'.repeat(500)}${'</a>'.repeat(500)}</xml>`],
  ['an element named __proto__', '<xml><__proto__><a>1</a></__proto__></xml>'],
  ['JSON', '{"ToUserName":"gh_0123456789ab"}'],
  ['no text', ''],
])('%s is push_not_xml', (_, xml) => {
  expect(codeOf(xml)).toBe('push_not_xml');
});

test('any text is either parsed or push_not_xml', () => {
  const pieces = fc.constantFrom(
    '<xml>',
    '</xml>',
    '<A>',
    '</A>',
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
