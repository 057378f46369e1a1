import { request } from 'node:http';

type Headers = Readonly<Partial<Record<string, string>>>;

/** An answer of the console, `json` where it is JSON. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
}

/** A request with whatever headers: `fetch` lets nobody say where a page is from, nor to whom it speaks. */
export function send(
  url: string,
  {
    method = 'POST',
    headers = {},
    body,
  }: { readonly method?: string; readonly headers?: Headers; readonly body?: unknown },
): Promise<Answered> {
  const text = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method, headers: { ...(text !== '' && { 'content-type': 'application/json' }), ...headers } },
      (response) => {
        let received = '';
        response.on('data', (chunk) => (received += String(chunk)));
        response.on('end', () => {
          const isJson = response.headers['content-type'] === 'application/json' && received !== '';
          resolve({
            status: response.statusCode ?? 0,
            text: received,
            json: isJson ? JSON.parse(received) : undefined,
            headers: response.headers as Headers,
          });
        });
      },
    );
    sending.on('error', reject);
    sending.end(text);
  });
}
