import * as z from 'zod/mini';
import { apiKeySchema } from '../../../shared/accounts/api-keys.ts';
import { adminCommand } from '../command.ts';

/** Lists the API keys, without the keys themselves. */
export const keyList = adminCommand({
  name: 'key.list',
  input: {},
  result: z.object({ keys: z.array(apiKeySchema) }),
  run: async ({ keys }) => ({ keys: await keys.list() }),
});
