import { accountHistory as sends } from '../../functions/admin/commands/account-history.ts';
import type { CredentialHistory, MintReason, ValueEnd } from '../../shared/credentials/history.ts';
import { adminRequest } from '../command.ts';
import { said, say, time, timeFrom } from '../language.ts';
import { account } from '../values.ts';

export const accountHistory = adminRequest({
  words: ['account history'],
  group: 'accounts',
  changes: false,
  summary: 'its token and tickets, and their earlier values',
  args: { account },
  options: {},
  sends,
  request: (args) => args,
  print: ({ now, credentials }) =>
    credentials.map((credential) => describeCredential(credential, now)).join('\n') ||
    said('There has been no token yet.'),
});

function describeCredential(credential: CredentialHistory, now: number): string {
  const { kind, generation, mintedAt, mintedFor, refreshAt, expiresAt, mintsToday } = credential;
  const parts = [
    say`generation ${generation}`,
    ...(mintedAt === undefined ? [] : [say`minted ${timeFrom(mintedAt, now)}`]),
    ...(mintedFor === undefined ? [] : [reasons()[mintedFor]]),
    ...(refreshAt === undefined ? [] : [say`next refresh ${timeFrom(refreshAt, now)}`]),
    ...(expiresAt === undefined ? [] : [say`ends ${timeFrom(expiresAt, now)}`]),
    say`${mintsToday} mints today`,
  ];
  return [
    `${kind}  ${parts.join(said(', '))}`,
    ...credential.former.map(
      (one) =>
        say`  ${one.generation}  minted ${time(one.mintedAt)}, ${reasons()[one.mintedFor]}; ${ends()[one.end]} ${time(one.endedAt)}`,
    ),
    ...credential.notices.map(({ at, code }) => say`  somebody was told of ${code} ${time(at)}`),
  ].join('\n');
}

function reasons(): Record<MintReason, string> {
  return {
    due: said('on time'),
    missing: said('since there was none'),
    rejected: said('after a rejection'),
    forced: said('by force'),
    manual: said('by hand'),
  };
}

function ends(): Record<ValueEnd, string> {
  return {
    renewed: said('replaced'),
    rejected: said('rejected by WeChat'),
    expired: said('ended, and no other was there,'),
  };
}
