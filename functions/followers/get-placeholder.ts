import { avatarSizes, placeholderPng } from '../../shared/followers/read/placeholders.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { httpHandler, type HttpHandler } from '../http.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

export function create(runtime: Runtime): HttpHandler {
  return httpHandler(runtime, routes.getPlaceholder, ({ path }) => {
    const size = avatarSizes.find((known) => known === path['size']);
    const { seed = '' } = path;
    if (size === undefined || !/^[0-9a-f]{16}$/.test(seed)) throw new KeyringError('file_unknown');
    return Promise.resolve({
      statusCode: 200,
      headers: { 'content-type': 'image/png', 'cache-control': 'public, max-age=31536000, immutable' },
      body: placeholderPng(seed, size).toString('base64'),
      isBase64Encoded: true,
    });
  });
}

export const handler = onLambda(create);
