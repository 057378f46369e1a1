import { SteerableClock } from '../../../local/clock.ts';
import { startSimulator } from '../../../local/simulator/simulator.ts';

/** What is read of the event of a function URL, and what is answered: payload format 2.0. */
interface UrlEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

const simulator = startSimulator({ clock: new SteerableClock() });

/** The simulator of WeChat as a function. Its state is in memory, so there must be one of it at a time. */
export async function handler({ rawPath, rawQueryString, headers, requestContext, ...event }: UrlEvent) {
  const { url } = await simulator;
  const { method } = requestContext.http;
  const type = headers['content-type'];
  const answer = await fetch(`${url}${rawPath}${rawQueryString === '' ? '' : `?${rawQueryString}`}`, {
    method,
    redirect: 'manual',
    headers: type === undefined ? {} : { 'content-type': type },
    ...(event.body !== undefined && {
      body: Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8'),
    }),
  });
  const answered = ['content-type', 'location'].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    statusCode: answer.status,
    headers: Object.fromEntries(answered),
    body: Buffer.from(await answer.arrayBuffer()).toString('base64'),
    isBase64Encoded: true,
  };
}
