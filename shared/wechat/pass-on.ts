import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import type * as z from 'zod/mini';
import { readBody } from '../platform/read-body.ts';
import { errorSchema } from './client.ts';
import { WeChatUnreachableError } from './errors.ts';
import { beginsAsObject, parseLenientJson } from './json.ts';
import { PassedApiError, type PassedAnswer, type PassedCall, type PassOn } from './passed-call.ts';
import { sendRequest, unreachable } from './transport.ts';

/**
 * Sends a passed call and takes its answer in, within the same limits. The target is sent as it is, and an
 * answer that is compressed stays so. Redirects are not followed. Throws {@link WeChatUnreachableError}.
 */
export const passOn: PassOn = async (baseUrl, call, { deadlineMs, maxBodyBytes }) => {
  const { api } = call;
  const signal = AbortSignal.timeout(deadlineMs);
  let status: number | undefined;
  try {
    const message = await answerTo(baseUrl, call, signal);
    status = message.statusCode ?? 0;
    const body = await readBody(message, maxBodyBytes);
    if (body === undefined) throw new WeChatUnreachableError({ api, reason: 'too_large', status });
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, value?.toString()]),
    );
    const plain = await plainOf(body, message.headers['content-encoding']);
    if (plain === undefined) throw new WeChatUnreachableError({ api, reason: 'too_large', status });
    const answer = { status, headers, body, plain };
    return { status, read: () => readPassed(call, answer) };
  } catch (error) {
    throw unreachable(error, { api, status, signal });
  }
};

/** The most bytes of what a compressed body holds. */
const maxPlainBytes = 16 * 1024 * 1024;
const decompressions = { gzip: promisify(unzip), deflate: promisify(unzip), br: promisify(brotliDecompress) };

/**
 * What a body holds. Nobody asks WeChat to compress it, but then HTTP does not forbid it either. Undefined where it is too
 * much, or is not what its header says: nobody could tell what is in there.
 */
async function plainOf(body: Uint8Array, encoding = 'identity'): Promise<Uint8Array | undefined> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || body.length === 0) return body;
  try {
    const decompress = Object.entries(decompressions).find(([known]) => known === name)?.[1];
    return await decompress?.(body, { maxOutputLength: maxPlainBytes });
  } catch {
    return undefined;
  }
}

function answerTo(baseUrl: string, call: PassedCall<unknown>, signal: AbortSignal): Promise<IncomingMessage> {
  const { pathname } = new URL(baseUrl);
  const { method, target, body } = call;
  const hasBody = method === 'POST' || body.length > 0;
  const headers = {
    ...call.headers,
    connection: 'close',
    ...(hasBody && { 'content-length': String(body.length) }),
  };
  const path = pathname.replace(/\/+$/u, '') + target;
  return sendRequest(baseUrl, { path, method, headers, signal, agent: false }, body);
}

/** An answer with an errcode is a short one. */
const errorMaxBytes = 4096;

/** The answer as its caller reads it, unless it has an errcode. What else it holds is the caller's business. */
function readPassed<T>(call: PassedCall<T>, answer: PassedAnswer): T {
  const read = call.read(answer);
  const failed = failureIn(answer.plain);
  if (failed === undefined || failed.errcode === 0) return read;
  const errmsg = typeof failed.errmsg === 'string' ? failed.errmsg : '';
  throw new PassedApiError(call, { errcode: failed.errcode, errmsg, answer });
}

function failureIn(body: Uint8Array): z.output<typeof errorSchema> | undefined {
  if (body.length > errorMaxBytes || !beginsAsObject(body)) return undefined;
  try {
    return errorSchema.safeParse(parseLenientJson(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
}
