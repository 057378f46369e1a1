import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { close, listen } from '../../local/aws/http.ts';
import type { AwsConfig } from '../../shared/platform/aws-post.ts';

/** A request as it arrived. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer: 200, no headers and `{}` but for what it says. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * What to do with a request: a whole answer, a broken connection, or silence for as long as the server runs, at once or
 * (`stall`) within the answer's body.
 */
export type Reaction = Answer | 'break' | 'hang' | 'stall';

/** A loopback server in the place of an AWS service, which keeps what it receives. */
export interface Recorder {
  /** What to call it with; its clock does not wait. */
  readonly config: AwsConfig & { readonly endpoint: string };
  readonly received: readonly Received[];
  /** The seconds that were asked of the clock. */
  readonly slept: readonly number[];
  close(): Promise<void>;
}

export const credentials = {
  accessKeyId: 'a-key-id',
  secretAccessKey: 'a-secret-key',
  sessionToken: 'a-session-token',
};

/** Starts one. `react` is told of each request. */
export async function startRecorder(react: (request: Received) => Reaction): Promise<Recorder> {
  const received: Received[] = [];
  const slept: number[] = [];
  const server: Server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
      const { method = '', url = '', headers } = request;
      const arrived = { method, url, headers, body };
      received.push(arrived);
      const reaction = react(arrived);
      if (reaction === 'break') request.socket.destroy();
      else if (reaction === 'stall') response.writeHead(200, { 'content-length': 2 }).write('{');
      else if (reaction !== 'hang') {
        response.writeHead(reaction.status ?? 200, reaction.headers).end(reaction.body ?? '{}');
      }
    })();
  });
  return {
    config: {
      region: 'eu-west-1',
      endpoint: await listen(server),
      credentials,
      clock: {
        now: () => 0,
        sleep: (seconds) => {
          slept.push(seconds);
          return Promise.resolve();
        },
      },
    },
    received,
    slept,
    close: () => close(server),
  };
}
