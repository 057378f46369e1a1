import { textsIn, type Language, type Texts } from './texts.ts';

/** Says something in whichever language is chosen. */
export type Phrase = (texts: Texts) => string;

const storageKey = 'keyring-language';
let language = remembered() ?? preferred();
let spoken: { readonly node: Node; readonly speak: () => void }[] = [];

/** Runs `speak` with the texts now, and again after each change of language for as long as `node` is on the page. */
export function bind(node: Node, speak: (texts: Texts) => void): void {
  const entry = { node, speak: () => speak(textsIn(language)) };
  spoken.push(entry);
  entry.speak();
}

export function currentLanguage(): Language {
  return language;
}

/** Changes the language of all that is on the page, and remembers it for the next visit. */
export function switchLanguage(): void {
  language = language === 'en' ? 'zh-CN' : 'en';
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // Storage is switched off: the choice lasts until the page is left.
  }
  spoken = spoken.filter(({ node }) => node.isConnected);
  for (const { speak } of spoken) speak();
}

function remembered(): Language | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === 'zh-CN' || stored === 'en' ? stored : undefined;
  } catch {
    return undefined;
  }
}

function preferred(): Language {
  return /^zh\b/i.test(navigator.language) ? 'zh-CN' : 'en';
}
