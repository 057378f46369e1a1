import type { Route } from '../../functions/route.ts';

/** What the gateway needs to know of a route. */
export type GatewayRoute = Pick<Route, 'method' | 'path' | 'entry' | 'access'>;

export interface Match {
  readonly route: GatewayRoute;
  /** As in an event, decoded; empty where the path has no parameters. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

export type FindRoute = (method: string, path: string) => Match | undefined;

interface Segment {
  readonly kind: 'text' | 'parameter' | 'rest';
  readonly name: string;
}

/** The most specific kind first. */
const ranks = { text: 0, parameter: 1, rest: 2 } as const;

/**
 * Makes the search for a route, as API Gateway's HTTP APIs match: segment by segment, text before `{name}`, and that
 * before `{name+}`, which takes the rest of a path. A parameter is never empty, and a slash at the end matters. Where two
 * routes have a path, that with the method comes before that with `ANY`.
 *
 * API Gateway decodes the path first, so an encoded slash separates segments too: give the decoded path.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function createRouting(routes: readonly GatewayRoute[]): FindRoute {
  const patterns = routes
    .map((route) => ({ route, segments: route.path.slice(1).split('/').map(parseSegment) }))
    .sort(
      (a, b) =>
        bySpecificity(a.segments, b.segments) ||
        Number(a.route.method === 'ANY') - Number(b.route.method === 'ANY'),
    );
  return (method, path) => {
    const parts = path.slice(1).split('/');
    for (const { route, segments } of patterns) {
      if (route.method !== method && route.method !== 'ANY') continue;
      const pathParameters = matchSegments(segments, parts);
      if (pathParameters) return { route, pathParameters };
    }
    return undefined;
  };
}

function parseSegment(text: string): Segment {
  const [, name, rest] = /^\{([^{}+]+)(\+?)\}$/.exec(text) ?? [];
  if (name === undefined) return { kind: 'text', name: text };
  return { kind: rest === '+' ? 'rest' : 'parameter', name };
}

function bySpecificity(a: readonly Segment[], b: readonly Segment[]): number {
  for (const [index, segment] of a.entries()) {
    const other = b[index];
    if (!other) return -1;
    const difference = ranks[segment.kind] - ranks[other.kind];
    if (difference !== 0) return difference;
  }
  return 0;
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const takesRest = segments.at(-1)?.kind === 'rest';
  if (takesRest ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, { kind, name }] of segments.entries()) {
    const part = kind === 'rest' ? parts.slice(index).join('/') : (parts[index] ?? '');
    if (kind === 'text' ? part !== name : part === '') return undefined;
    if (kind !== 'text') found[name] = part;
  }
  return found;
}
