import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { issuedChannel, printedChannel, type Issued, type Printed } from '../../local/diagnostics.ts';

/** Something secret that stands in what was printed. The value itself is not told. */
export interface Leak {
  readonly kind: string;
  /** The log message beside which it stands, or where it was printed. */
  readonly where: string;
}

/** A text that was printed, and beside which message. */
export interface PrintedText {
  readonly where: string;
  readonly text: string;
}

/** Shorter values are words that tests make up, which a log may hold by chance. */
const shortest = 8;

/** What the service itself makes, by its looks: no log has business with any of it. */
const looks: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['state, session id or browser id, or its hash', /[0-9a-f]{64}/],
  ['API key', /wk_[\w-]{43,49}/],
  ['token of the drop-in', /wkt_[\w-]{100}/],
];

/** Everything printed, and every value that must not be found in it. */
export class LogWatch {
  /** Values that are one word, which nearly all are, and their kinds. */
  readonly #words = new Map<string, string>();
  readonly #phrases = new Map<string, string>();
  readonly #printed: PrintedText[] = [];

  /** Notes a value to look for. */
  issued(kind: string, value: string): void {
    if (value.length < shortest) return;
    if (/[^\w-]/.test(value)) this.#phrases.set(value, kind);
    else this.#words.set(value, kind);
  }

  /** Notes what was printed. */
  printed(where: string, text: string): void {
    this.#printed.push({ where, text });
  }

  /** Notes a line of a log. */
  line({ message, fields }: Printed): void {
    this.printed(message, `${message} ${JSON.stringify(fields, readable)}`);
  }

  /** What was printed so far. */
  get texts(): readonly PrintedText[] {
    return this.#printed;
  }

  /** Each kind of value that was printed, with each place, once. */
  leaks(printed: readonly PrintedText[] = this.#printed): Leak[] {
    const lengths = new Set(Array.from(this.#words.keys(), ({ length }) => length));
    const found = new Map<string, Leak>();
    for (const { where, text } of printed) {
      const kinds = looks.filter(([, pattern]) => pattern.test(text)).map(([kind]) => kind);
      // Looked up by their length: it takes no search of the text for each of thousands of them.
      for (const word of text.match(/[\w-]+/g) ?? []) {
        for (const length of lengths) {
          for (let at = 0; at + length <= word.length; at++) {
            const kind = this.#words.get(word.slice(at, at + length));
            if (kind !== undefined) kinds.push(kind);
          }
        }
      }
      for (const [value, kind] of this.#phrases) if (text.includes(value)) kinds.push(kind);
      for (const kind of kinds) found.set(`${kind} ${where}`, { kind, where });
    }
    return [...found.values()];
  }

  /** Throws an error that names kinds and places, if there are any in what was printed after the first `from` texts. */
  check(from = 0): void {
    const leaks = this.leaks(this.#printed.slice(from));
    if (leaks.length === 0) return;
    const list = leaks.map(({ kind, where }) => `- ${kind}, beside: ${where}`);
    throw new Error(`Something secret was printed:\n${list.join('\n')}`);
  }
}

/** As a log prints it: errors have members that JSON leaves out. */
function readable(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { ...Object.fromEntries(Object.entries(value)), name, message, stack, cause };
}

/** The watch over this test file: it hears of whatever a simulator issues and a function logs. */
export const watch = new LogWatch();

function hearIssued(message: unknown): void {
  const { kind, value } = message as Issued;
  watch.issued(kind, value);
}

function hearPrinted(message: unknown): void {
  watch.line(message as Printed);
}

let listeners = 0;

/**
 * Has {@link watch} hear, until what is returned is called by everybody who has called this. The channels are the
 * process's: whoever goes on listening is kept, with the whole test file, and hears the files that follow.
 */
export function listen(): () => void {
  listeners += 1;
  if (listeners === 1) {
    subscribe(issuedChannel, hearIssued);
    subscribe(printedChannel, hearPrinted);
  }
  return () => {
    listeners -= 1;
    if (listeners > 0) return;
    unsubscribe(issuedChannel, hearIssued);
    unsubscribe(printedChannel, hearPrinted);
  };
}
