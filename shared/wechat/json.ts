/** Whether bytes begin as a JSON object does, white space aside. */
export function beginsAsObject(bytes: Uint8Array): boolean {
  return bytes.find((byte) => byte > SPACE) === BRACE;
}

/**
 * Parses JSON as WeChat sends it: a nickname may hold raw control characters, which strict JSON forbids inside
 * a string. They are kept. Throws SyntaxError for anything else that is not JSON; that error may quote the text.
 */
export function parseLenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(escapeControlCharacters(text));
  }
}

/** Escapes the control characters inside strings; between tokens they are white space and stay. */
function escapeControlCharacters(text: string): string {
  let repaired = '';
  let copied = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) inString = !inString;
    else if (!inString) continue;
    else if (unit === BACKSLASH) at++;
    else if (unit < SPACE) {
      repaired += text.slice(copied, at) + '\\u' + unit.toString(16).padStart(4, '0');
      copied = at + 1;
    }
  }
  return repaired + text.slice(copied);
}

const SPACE = 0x20;
const BRACE = 0x7b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
