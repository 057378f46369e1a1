import { answerTexts } from '../functions/admin/chinese.ts';
import { failureTexts } from '../shared/credentials/chinese.ts';
import { beijingTime, beijingTimeFrom, duration } from '../shared/platform/beijing-time.ts';
import { documents } from '../shared/platform/documents.ts';
import { languageOf, translator } from '../shared/platform/language.ts';
import { texts } from './chinese.ts';

/** What this command line speaks. Names, codes and the JSON of the service are the same in both languages. */
export const language = languageOf(process.env);

/** A text of the command line. */
export function said(english: string): string {
  return located(language === 'en' ? english : (texts[english] ?? english));
}

/** The same for a text with values in it: say`${calls} of ${limit}`. chinese.ts has it as `{0} of {1}`. */
export function say(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return said(parts.reduce((text, part, index) => `${text}{${index - 1}}${part}`)).replaceAll(
    /\{(\d+)\}/g,
    (_, index: string) => String(values[Number(index)]),
  );
}

const answerInChinese = translator({ ...failureTexts, ...answerTexts });

/** A text that the service answered with: what was done, what was refused, what to do about a failure. */
export function answered(english: string): string {
  return located(language === 'en' ? english : (answerInChinese(english) ?? english));
}

/** The text with the documents that it names where they are. */
function located(text: string): string {
  return text.replaceAll(/(?<![\w./-])docs(?=\/[\w/-]+\.md)/g, () => documents);
}

/** A name of the service's or of WeChat's. In Chinese it is the word that stands for it in `words`, where there is one. */
export function named(name: string, words: Readonly<Record<string, string>>): string {
  return language === 'en' ? name : (words[name] ?? name);
}

/** A time in Unix seconds. */
export function time(seconds: number): string {
  return beijingTime(seconds, language);
}

/** A time in Unix seconds, and how far away it is. */
export function timeFrom(seconds: number, now: number): string {
  return beijingTimeFrom(seconds, now, language);
}

/** How long something takes, in seconds. */
export function lasting(seconds: number): string {
  return duration(seconds, language);
}
