import type { Members, Result } from '../api.ts';
import { useTexts } from '../language.ts';
import type { AccountReport } from '../state.ts';
import { Dialog, DialogButtons } from './dialog.tsx';
import { AccountsField, DropInLimits, dropInLimitsOf, textOf } from './key-limits.tsx';

type Key = Result<'key.list'>['keys'][number];
export type KeyChange = Members<'key.set'>;

/** Asks for other limits of a key. */
export function ChangeKey({
  of: key,
  account,
  nameOf,
  change,
  close,
}: {
  readonly of: Key;
  readonly account: AccountReport;
  readonly nameOf: (appId: string) => string;
  readonly change: (request: KeyChange) => void;
  readonly close: () => void;
}) {
  const { keys: words } = useTexts();
  const { accounts, scopes, dailyLimit, paths } = key;
  const isDropIn = scopes.includes('dropin:proxy');
  const isForOne = accounts.length === 1 && accounts[0] === account.account;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const chosen = textOf(form, 'accounts');
    close();
    change({
      keyId: key.keyId,
      ...(chosen === '*' && { accounts: '*' as const }),
      ...(chosen === 'one' && { accounts: [account.account] }),
      ...(isDropIn && dropInLimitsOf(form)),
    });
  };
  return (
    <Dialog title={words.changeHeading(key.name)} close={close}>
      <form onSubmit={submit}>
        {accounts === '*' || isForOne ? (
          <AccountsField account={account} chosen={accounts === '*' ? '*' : 'one'} />
        ) : (
          <AccountsField
            account={account}
            chosen="present"
            present={accounts.map(nameOf).join(', ') || words.noAccount}
          />
        )}
        {isDropIn && <DropInLimits dailyLimit={dailyLimit} paths={paths} />}
        <p class="soft">{words.changeText}</p>
        <DialogButtons yes={words.changeYes} close={close} />
      </form>
    </Dialog>
  );
}
