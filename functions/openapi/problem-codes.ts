import type { ProblemCode } from '../../shared/platform/errors.ts';
import type { Access, Route } from '../route.ts';

/**
 * Codes of all problems that a route can answer: its own, and those that follow from its access, its path and its input.
 * Of those with one status a caller meets the first most likely: tools show it as the example. None for what SDKs call,
 * which get errcodes.
 */
export function problemCodes(route: Route): readonly ProblemCode[] {
  if (route.audience === 'sdk') return [];
  const codes = [
    ...(route.problems ?? []),
    ...ofAccess(route.access, route.method),
    ...ofPath(route.path),
    ...ofQuery(route),
    ...ofBody(route),
    ...(route.looseQuery === true ? [] : (['unknown_parameter'] as const)),
    ...ofAsking(route),
    'service_busy',
    'internal',
  ] as const;
  return [...new Set(codes)];
}

/** Without spreads in the routes: a bundler keeps what has one, whether it is used or not. */
function ofAsking({ asksFor }: Route): readonly ProblemCode[] {
  if (asksFor === undefined) return [];
  if (asksFor === 'credential') return ['credential_unavailable'];
  return ['credential_unavailable', 'wechat_quota', 'wechat_refused', 'wechat_unreachable'];
}

function ofAccess(access: Access, method: Route['method']): readonly ProblemCode[] {
  const key = ['key_missing', 'key_unknown', 'scope_missing', 'account_not_allowed'] as const;
  const session = ['session_missing', 'session_expired', 'origin_not_allowed'] as const;
  const csrf = method === 'GET' ? [] : (['csrf_header_missing'] as const);
  switch (access.who) {
    case 'anyone':
    case 'sdk':
      return [];
    case 'key':
      return key;
    case 'session':
      return [...session, ...csrf];
    case 'key-or-session':
      // Who sends no key is asked for a session.
      return [...key.slice(1), ...session, ...csrf];
  }
}

function ofPath(path: string): readonly ProblemCode[] {
  return [
    ...(path.includes('{account}') ? (['account_unknown'] as const) : []),
    ...(path.includes('{openid}') ? (['invalid_parameter'] as const) : []),
  ];
}

function ofQuery({ query }: Route): readonly ProblemCode[] {
  return Object.keys(query.shape).length === 0 ? [] : ['invalid_parameter', 'repeated_parameter'];
}

function ofBody({ body, rawBody }: Route): readonly ProblemCode[] {
  if (rawBody !== undefined) return ['body_too_large'];
  if (Object.keys(body.shape).length === 0) return [];
  return ['invalid_body', 'body_not_json', 'media_type_unsupported', 'body_too_large'];
}
