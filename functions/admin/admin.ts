import { problemOf, toKeyringError } from '../../shared/http/problem.ts';
import { onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';
import { commandOf, type AdminAnswer } from './commands.ts';
import { adminPartsOf } from './parts.ts';

/**
 * What the operator's command line calls, with the operator's own AWS credentials. No route leads here: whoever
 * may invoke the function may administer.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, AdminAnswer> {
  const { clock, log } = runtime;
  const parts = adminPartsOf(runtime);
  return async (event) => {
    try {
      return { ok: true, result: await commandOf(event).answer(parts, event) };
    } catch (error) {
      const fault = toKeyringError(error, clock.now());
      if (fault.code === 'internal' || fault.code === 'service_busy') {
        const cause = fault.cause instanceof Error ? fault.cause : fault;
        log.error('A command failed.', { error: cause.name, stack: cause.stack });
      }
      return { ok: false, problem: problemOf(fault) };
    }
  };
}

export const handler = onLambda(create);
