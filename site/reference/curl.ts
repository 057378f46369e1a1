import { exampleOf, type Entry, type Media, type Parameter } from './document.ts';

/** The request as a command, with the variables that `npm start` prints. What has no example is left to fill in. */
export function curl(
  { method, path, operation }: Entry,
  parameters: readonly Parameter[],
  body?: Media,
): string {
  const takesKey = operation.security?.some((way) => way['apiKey'] !== undefined) === true;
  const headers = [
    ...(takesKey ? [`-H "Authorization: Bearer $KEY"`] : []),
    ...parameters.filter((each) => each.in === 'header').map(({ name }) => `-H '${name}: 1'`),
  ];
  return [
    method === 'GET' ? 'curl' : `curl -X ${method}`,
    ...headers,
    ...data(body),
    `"$API${filled(path, parameters)}${query(parameters)}"`,
  ].join(' \\\n  ');
}

function filled(path: string, parameters: readonly Parameter[]): string {
  return parameters
    .filter((each) => each.in === 'path')
    .reduce((text, each) => text.replace(`{${each.name}}`, valueOf(each) ?? `{${each.name}}`), path);
}

function query(parameters: readonly Parameter[]): string {
  const required = parameters.filter((each) => each.in === 'query' && each.required === true);
  const pairs = required.map((each) => `${each.name}=${encodeURIComponent(valueOf(each) ?? '')}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Quoted for a shell. A body that is no JSON is WeChat's own, and signed. */
function data(body: Media | undefined): string[] {
  const example = body && exampleOf(body);
  if (typeof example !== 'object') return [];
  const text = JSON.stringify(example).replaceAll("'", String.raw`'\''`);
  return [`-H 'Content-Type: application/json'`, `-d '${text}'`];
}

function valueOf(parameter: Parameter): string | undefined {
  if (parameter.name === 'account') return 'default';
  const example = exampleOf(parameter);
  return typeof example === 'string' || typeof example === 'number' ? String(example) : undefined;
}
