import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { answerTexts } from '../../functions/admin/chinese.ts';
import { failureTexts } from '../../shared/credentials/chinese.ts';
import { beijingClock, duration } from '../../shared/platform/beijing-time.ts';
import { translator } from '../../shared/platform/language.ts';
import { store, stored } from './storage.ts';
import { textsIn, type Language, type Texts } from './texts.ts';

const storageKey = 'keyring-console-language';

export const LanguageContext = createContext<Language>('en');

/** All that the page says, in the language that is chosen. */
export function useTexts(): Texts {
  return textsIn(useContext(LanguageContext));
}

/** What is written by the language: numbers and times. */
export interface Formats {
  readonly number: (value: number) => string;
  /** `2026-11-29 14:49`, in Beijing time, by which WeChat counts its days. */
  readonly time: (seconds: number) => string;
  /** `14:49`, or the day before it where that is another one than that of `now`. */
  readonly clock: (seconds: number, now: number) => string;
  readonly lasting: (seconds: number) => string;
  /** A text of the admin function, such as an advice. */
  readonly answered: (english: string) => string;
}

const answerInChinese = translator({ ...failureTexts, ...answerTexts });

export function useFormats(): Formats {
  const language = useContext(LanguageContext);
  return {
    number: (value) => value.toLocaleString(language),
    time: (seconds) => beijingClock(seconds).slice(0, 16),
    clock: (seconds, now) => {
      const text = beijingClock(seconds);
      return text.slice(0, 10) === beijingClock(now).slice(0, 10) ? text.slice(11, 16) : text.slice(5, 16);
    },
    lasting: (seconds) => duration(seconds, language === 'zh-CN' ? 'zh' : 'en'),
    answered: (english) => (language === 'zh-CN' ? (answerInChinese(english) ?? english) : english),
  };
}

/** The language of the last visit, or that of the browser. */
export function firstLanguage(): Language {
  const chosen = stored('localStorage', storageKey);
  if (chosen === 'zh-CN' || chosen === 'en') return chosen;
  return /^zh\b/i.test(navigator.language) ? 'zh-CN' : 'en';
}

export function rememberLanguage(language: Language): void {
  store('localStorage', storageKey, language);
}
