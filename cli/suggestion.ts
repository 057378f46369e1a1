import { distance } from 'fastest-levenshtein';
import { programs } from '../shared/platform/programs.ts';
import type { Command } from './command.ts';
import { say } from './language.ts';

/** So many letters may be wrong, and fewer than half of what was typed. */
const maxWrong = 2;

/** A question to put after a refusal: whether the nearest of the known names was meant. Empty where none is near. */
export function suggestion(typed: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, wrong: distance(typed, name) }))
    .filter(({ wrong }) => wrong <= maxWrong && wrong < typed.length / 2)
    .sort((one, other) => one.wrong - other.wrong);
  return nearest ? say` Did you mean: ${nearest.name}?` : '';
}

/** The same for the words of a command, of which all or the first may be near. */
export function suggestedCommand(words: readonly string[], commands: readonly Command[]): string {
  const [first = ''] = words;
  const names = commands.flatMap((command) => command.words);
  const firstWords = names.map((name) => name.replace(/ .*/, ''));
  const near = suggestion(words.slice(0, 2).join(' '), names) || suggestion(first, firstWords);
  if (near !== '') return near;
  // The local stack is started by another program.
  return suggestion(first, ['start']) && say` Did you mean: ${programs.start}?`;
}
