import { useState } from 'preact/hooks';
import type { Scope } from '../../../shared/accounts/api-keys.ts';
import type { Members } from '../api.ts';
import { useTexts } from '../language.ts';
import type { AccountReport } from '../state.ts';
import { Dialog, DialogButtons } from './dialog.tsx';
import { AccountsField, DropInLimits, dropInLimitsOf, textOf } from './key-limits.tsx';

export type KeyRequest = Members<'key.create'>;

type Kind = 'general' | 'dropIn';

/** No key has scopes of both kinds. The compiler sees that none is left out. */
const kindOf: Readonly<Record<Scope, Kind>> = {
  'followers:read': 'general',
  'avatars:read': 'general',
  'users:read': 'general',
  'token:read': 'general',
  'usage:read': 'general',
  'dropin:proxy': 'dropIn',
  'dropin:token': 'dropIn',
  'dropin:oauth': 'dropIn',
};
const scopes = Object.keys(kindOf) as Scope[];

/** Asks what a new key is to be for. */
export function NewKey({
  account,
  make,
  close,
}: {
  readonly account: AccountReport;
  readonly make: (request: KeyRequest) => void;
  readonly close: () => void;
}) {
  const { keys: words } = useTexts();
  const [kind, setKind] = useState<Kind>('general');
  const [fault, setFault] = useState<string>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const request = requestOf(new FormData(event.currentTarget as HTMLFormElement), account);
    const missing = request.name === '' ? words.needsName : words.needsScope;
    if (request.name === '' || request.scopes.length === 0) {
      setFault(missing);
      return;
    }
    close();
    make(request);
  };
  return (
    <Dialog title={words.makeHeading} close={close}>
      <form onSubmit={submit}>
        <label class="field">
          {words.name}
          <input name="name" maxLength={100} autocomplete="off" />
        </label>
        <label class="field">
          {words.kind}
          <select
            name="kind"
            value={kind}
            onChange={({ currentTarget }) => setKind(currentTarget.value === 'dropIn' ? 'dropIn' : 'general')}
          >
            <option value="general">{words.kinds.general}</option>
            <option value="dropIn">{words.kinds.dropIn}</option>
          </select>
        </label>
        <Scopes key={kind} kind={kind} />
        <AccountsField account={account} chosen="*" />
        {kind === 'dropIn' && <DropInLimits />}
        <p class="warning" role="alert">
          {fault}
        </p>
        <DialogButtons yes={words.makeYes} close={close} />
      </form>
    </Dialog>
  );
}

function Scopes({ kind }: { readonly kind: Kind }) {
  const { keys: words } = useTexts();
  return (
    <fieldset>
      <legend>{words.scopes}</legend>
      {scopes
        .filter((scope) => kindOf[scope] === kind)
        .map((scope) => (
          <label key={scope} class="check">
            <input type="checkbox" name="scope" value={scope} />
            <span>
              <code>{scope}</code> <span class="soft">{words.allows[scope]}</span>
            </span>
          </label>
        ))}
    </fieldset>
  );
}

function requestOf(form: FormData, { account }: AccountReport): KeyRequest {
  const chosen = form.getAll('scope');
  const isChosen = (scope: Scope) => chosen.includes(scope);
  const { paths, dailyLimit } = dropInLimitsOf(form);
  return {
    name: textOf(form, 'name'),
    scopes: scopes.filter(isChosen),
    accounts: textOf(form, 'accounts') === '*' ? '*' : [account],
    ...(paths && { paths }),
    ...(dailyLimit !== null && { dailyLimit }),
  };
}
