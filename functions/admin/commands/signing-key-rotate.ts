import { adminCommand } from '../command.ts';
import { doneResult } from '../schemas.ts';

/** Makes a new key that signs the tokens of the drop-in. */
export const signingKeyRotate = adminCommand({
  name: 'signing-key.rotate',
  input: {},
  result: doneResult,
  run: async ({ signingKeys, log }) => {
    const keyId = await signingKeys.rotate();
    log.info('The signing key was rotated.', { keyId });
    return {
      done: `The key ${keyId} signs the tokens of the drop-in from now on, in every process within 5 minutes. Tokens that the one before has signed are good until they end, two hours after they were made. Rotate once more to end them within 5 minutes: SDKs then ask for new ones.`,
    };
  },
});
