import * as z from 'zod/mini';
import { answerSchemaOf } from '../functions/admin/commands.ts';
import { programs } from '../shared/platform/programs.ts';
import type { Where } from './admin-client.ts';
import type { MembersOf, Sendable, Session } from './command.ts';
import { say, said } from './language.ts';
import { askSecrets, confirm } from './prompt.ts';

const answerSchema = answerSchemaOf(z.unknown());

const hints = {
  local: () => say`Is \`${programs.start}\` running, and AWS_PORT the one it was started with?`,
  deployed: () => said('Check your AWS credentials, --region and --stage. For the local stack add --local.'),
};

/** A session on a terminal, or between pipes. */
export function openSession(about: Pick<Session, 'where' | 'json' | 'commands'>): Session {
  return {
    ...about,
    place: () => placeOf(about.where),
    send: async <Sent extends Sendable>(sent: Sent, members: MembersOf<Sent>) => {
      const answer = answerSchema.parse(await send(about.where, { command: sent.name, ...members }));
      return answer.ok ? { ok: true, result: z.parse<Sent['result']>(sent.result, answer.result) } : answer;
    },
    sendRaw: (command) => send(about.where, command),
    askSecrets: (questions) => askSecrets(questions),
    confirm: (question) => confirm(question),
    print: (text) => console.log(text),
    tell: (text) => console.error(text),
  };
}

async function placeOf(where: Where): Promise<string> {
  const { describeWhere } = await import('./admin-client.ts');
  return describeWhere(where);
}

async function send(where: Where, command: object): Promise<unknown> {
  try {
    // The AWS clients take most of the time of a start, and help is given without them.
    const { sendCommand } = await import('./admin-client.ts');
    return await sendCommand(where, command);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : 'unknown').replace(/\.?$/, '.');
    throw new Error(say`${reason} ${hints[where === 'local' ? where : 'deployed']()}`, {
      cause: error,
    });
  }
}
