import { stripTypeScriptTypes } from 'node:module';

/** Takes the types out as Node itself does when it runs a `.ts` file; what is left keeps its lines and columns. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
