import { adminCommand } from '../command.ts';
import { keysResult, reportKeys } from '../key-report.ts';

/** Lists the API keys, without the keys themselves. */
export const keyList = adminCommand({
  name: 'key.list',
  input: {},
  result: keysResult,
  run: async (parts) => reportKeys(parts),
});
