/**
 * The words of a text as the search finds them. Chinese has no blanks between words, so each run of it is cut into pairs
 * of characters. VitePress copies the function's source into the page: it stands alone.
 */
export function wordsOf(text: string): string[] {
  return text
    .split(/[^\p{L}\p{N}_]+/u)
    .flatMap((word) => word.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? [])
    .flatMap((word) => {
      if (!/^\p{Script=Han}{2}/u.test(word)) return [word];
      return Array.from(word.matchAll(/(.)(?=(.))/gu), ([, character = '', next = '']) => character + next);
    });
}
