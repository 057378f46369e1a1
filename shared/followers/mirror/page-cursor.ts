import { createHash } from 'node:crypto';
import { KeyringError } from '../../platform/errors.ts';

/** Openids have no dot, so a cursor of the mirror is never taken for one of WeChat's, which are openids. */
const start = 'm1.';

/** Whether a cursor goes on in the mirror. One of WeChat's is the openid that the page before ended with. */
export function isMirrorCursor(cursor: string): boolean {
  return cursor.startsWith(start);
}

/**
 * A cursor for the list that `list` names: account, order and filters. The digest is what refuses a cursor of another
 * list or one that was tampered with. It needs no key: a cursor leads nowhere that its caller may not read anyway.
 */
export function cursorOf(list: readonly unknown[], position: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([...list, position]))
    .digest('base64url');
  return `${start}${Buffer.from(position).toString('base64url')}.${digest.slice(0, 22)}`;
}

/** The position in a cursor that {@link cursorOf} made for the same list. Throws `cursor_unknown`. */
export function positionOf(list: readonly unknown[], cursor: string): string {
  const [encoded = ''] = cursor.slice(start.length).split('.');
  const position = Buffer.from(encoded, 'base64url').toString();
  // Nobody stands at an empty one, and DynamoDB takes none for a key.
  if (position === '' || cursorOf(list, position) !== cursor) {
    throw new KeyringError('cursor_unknown', 'Repeat the parameters of the page that the cursor came with.', {
      parameter: 'cursor',
    });
  }
  return position;
}
