import { adminCommand } from '../command.ts';
import { doneResult } from '../schemas.ts';

/** Makes a new data key for grants. */
export const dataKeyRotate = adminCommand({
  name: 'data-key.rotate',
  input: {},
  result: doneResult,
  run: async ({ dataKeys, log }) => {
    const keyId = await dataKeys.rotate();
    log.info('The data key was rotated.', { keyId });
    return {
      done: `The data key ${keyId} seals what is stored from now on, in every process within 5 minutes. The ones before still open what they have sealed, which is over in 30 days.`,
    };
  },
});
