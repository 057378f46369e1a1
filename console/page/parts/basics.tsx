import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ConsoleError } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import type { Loaded } from '../state.ts';

/** A part of a view, with its heading. */
export function Card({
  title,
  aside,
  intro,
  children,
  ...rest
}: {
  readonly title: ComponentChildren;
  /** What stands at the other end of the heading's line. */
  readonly aside?: ComponentChildren;
  readonly intro?: string;
  readonly children: ComponentChildren;
  readonly id?: string;
}) {
  return (
    <section class="card" {...rest}>
      <div class="card-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {intro !== undefined && <p class="soft">{intro}</p>}
      {children}
    </section>
  );
}

/** What was read last, why it could not be read anew, or that it is still being read. */
export function Shown<T>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly children: (value: T) => ComponentChildren;
}) {
  const { loading, fault: words } = useTexts();
  const explain = useExplain();
  const { value, fault } = loaded;
  return (
    <>
      {fault && (
        <p class="warning" role="alert">
          {words.heading}: {explain(fault)}
        </p>
      )}
      {value !== undefined && children(value)}
      {value === undefined && !fault && <p class="soft">{loading}</p>}
    </>
  );
}

/** Says a fault in a sentence. */
export function useExplain(): (fault: ConsoleError) => string {
  const { fault: words } = useTexts();
  const { answered } = useFormats();
  return ({ code, message }) => {
    if (code === 'network') return words.network;
    if (code === 'page') return words.page;
    if (code === 'credential_unavailable') return words.noToken;
    if (code === 'unreachable') return words.unreachable(message);
    // Some sentences are kept under their code, as a log has them.
    const coded = `${code}: ${message}`;
    const said = answered(coded);
    return said === coded ? answered(message) : said;
  };
}

/** A line to paste into a terminal. */
export function Command({ text }: { readonly text: string }) {
  return (
    <p class="command">
      <code>{text}</code>
      <Copy text={text} />
    </p>
  );
}

/** Puts a text on the clipboard. */
export function Copy({ text }: { readonly text: string }) {
  const { copy, copied } = useTexts();
  const [done, setDone] = useState(false);
  // A browser that does not let it happen leaves the text to be selected.
  const write = () =>
    void navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => undefined,
    );
  return (
    <button type="button" class="small" onClick={write}>
      <span aria-live="polite">{done ? copied : copy}</span>
    </button>
  );
}

/** A number with what it counts. */
export function Figure({
  label,
  value,
  note,
}: {
  readonly label: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren;
}) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {note !== undefined && <span class="soft">{note}</span>}
      </dd>
    </div>
  );
}

/** How much of something is used up. `label` says what. */
export function Meter({
  label,
  used,
  all,
}: {
  readonly label: string;
  readonly used: number;
  readonly all: number;
}) {
  const share = all === 0 ? 0 : Math.min(1, used / all);
  const level = share >= 0.9 ? 'high' : share >= 0.7 ? 'middle' : 'low';
  return (
    <span
      class={`meter ${level}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={Math.min(used, all)}
    >
      {share > 0 && <span style={{ width: `${share * 100}%` }} />}
    </span>
  );
}

/**
 * A table that can be scrolled by itself where it is wider than the page. One that `stacks` has each row as a list on a
 * phone, so that what can be done with it is in sight.
 */
export function Table({
  label,
  columns,
  rows,
  stacks = false,
}: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ComponentChildren[])[];
  readonly stacks?: boolean;
}) {
  return (
    // Whoever uses the keyboard scrolls what has the focus.
    <div class={stacks ? 'scroll stacks' : 'scroll'} role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, index) => (
            <tr key={index}>
              {cells.map((cell, nth) =>
                nth === 0 ? <th scope="row">{cell}</th> : <td data-column={columns[nth]}>{cell}</td>,
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
