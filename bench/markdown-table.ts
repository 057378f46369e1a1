/** A table of Markdown: the first columns hold text, the others numbers. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { texts = 2 }: { texts?: number } = {},
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index < texts ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

/** A number without a fraction, with commas. */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en');
}
