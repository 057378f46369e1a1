const MARK = '[redacted]';

/**
 * Replaces every occurrence of the given secrets in a text, also where they stand percent-encoded or in another
 * letter case.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === '') continue;
    forms.add(secret);
    forms.add(encodeURIComponent(secret.toWellFormed()));
  }
  if (forms.size === 0) return text;
  // One pass, longest first: a secret inside another one must not leave the rest of it standing.
  const alternatives = [...forms].sort((a, b) => b.length - a.length).map(escapeRegExp);
  return text.replace(new RegExp(alternatives.join('|'), 'gi'), MARK);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
