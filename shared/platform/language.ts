/** The languages of what operators read. */
export type Language = 'en' | 'zh';

/** Chinese where the locale says so, by the variables that a shell looks at, the first that is set. */
export function languageOf({
  LC_ALL,
  LC_MESSAGES,
  LANG,
}: Readonly<Record<string, string | undefined>>): Language {
  const locale = [LC_ALL, LC_MESSAGES, LANG].find((name) => name !== undefined && name !== '') ?? '';
  return /^zh(?![a-z])/i.test(locale) ? 'zh' : 'en';
}

/**
 * Chinese by English. What differs has a name in braces, which stands for a word without blanks; `{text}` stands for any
 * text.
 */
export type ChineseTexts = Readonly<Record<string, string>>;

/**
 * Finds the Chinese of a finished English text, also where it is several of the known ones, one after the other.
 * `undefined` where a part of it is not known.
 */
export function translator(texts: ChineseTexts): (english: string) => string | undefined {
  const all = Object.entries(texts).map(([english, chinese]) => ({ pattern: patternOf(english), chinese }));
  const exact = all.filter(({ pattern }) => !pattern.source.includes('<text>'));
  const open = all.filter((text) => !exact.includes(text));
  const translate = (english: string): string | undefined =>
    one(exact, english) ?? withTail(exact, english) ?? one(open, english) ?? withTail(open, english);
  const withTail = (tails: readonly KnownText[], english: string): string | undefined => {
    for (const { index } of english.matchAll(/ /g)) {
      const tail = one(tails, english.slice(index + 1));
      const head = tail === undefined ? undefined : translate(english.slice(0, index));
      if (head !== undefined && tail !== undefined) return head + tail;
    }
    return undefined;
  };
  return translate;
}

interface KnownText {
  readonly pattern: RegExp;
  readonly chinese: string;
}

function one(texts: readonly KnownText[], english: string): string | undefined {
  for (const { pattern, chinese } of texts) {
    const found = pattern.exec(english);
    if (found) return chinese.replaceAll(/\{(\w+)\}/g, (_, name: string) => found.groups?.[name] ?? '');
  }
  return undefined;
}

function patternOf(english: string): RegExp {
  const source = english
    .replaceAll(/[\\^$.*+?()[\]|]/g, String.raw`\$&`)
    .replaceAll('{text}', '(?<text>.+)')
    .replaceAll(/\{(\w+)\}/g, String.raw`(?<$1>\S+?)`);
  return new RegExp(`^${source}$`, 's');
}
