import { useState } from 'preact/hooks';
import type { Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Card, Copy, Shown, Table, useExplain } from '../parts/basics.tsx';
import { ChangeKey, type KeyChange } from '../parts/change-key.tsx';
import { Dialog, Question } from '../parts/dialog.tsx';
import { NewKey, type KeyRequest } from '../parts/new-key.tsx';
import type { ViewProps } from '../parts/shell.tsx';
import { useAct, useLoaded } from '../state.ts';

type Key = Result<'key.list'>['keys'][number];

/** For so long the last use of a key is remembered, in seconds. */
const rememberedSeconds = 365 * 86_400;

/** The API keys: making one, which is shown once, changing its limits, and revoking. */
export function KeysView({ account, accounts, now }: ViewProps) {
  const { keys: words } = useTexts();
  const loaded = useLoaded('keys', (api) => api.admin('key.list', {}), 15);
  const { busy, act } = useAct(useExplain());
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<string>();
  const [changed, setChanged] = useState<Key>();
  const [revoked, setRevoked] = useState<Key>();
  const make = (request: KeyRequest) =>
    void act(async (api) => {
      setMade((await api.admin('key.create', request)).key);
      return undefined;
    });
  const change = (request: KeyChange) =>
    void act(async (api) => {
      await api.admin('key.set', request);
      return words.changed;
    });
  const nameOf = (appId: string) => accounts.find((each) => each.account === appId)?.name ?? appId;
  return (
    <Card
      id="keys"
      title={words.heading}
      aside={
        <button type="button" class="primary" id="make" disabled={busy} onClick={() => setMaking(true)}>
          {words.make}
        </button>
      }
    >
      <Shown loaded={loaded}>
        {({ keys }) =>
          keys.length === 0 ? (
            <p class="soft">{words.empty}</p>
          ) : (
            <KeyTable keys={keys} now={now} nameOf={nameOf} change={setChanged} revoke={setRevoked} />
          )
        }
      </Shown>
      {isMaking && <NewKey account={account} make={make} close={() => setMaking(false)} />}
      {made !== undefined && <MadeKey value={made} close={() => setMade(undefined)} />}
      {changed && (
        <ChangeKey
          of={changed}
          account={account}
          nameOf={nameOf}
          change={change}
          close={() => setChanged(undefined)}
        />
      )}
      {revoked && <Revoking of={revoked} close={() => setRevoked(undefined)} />}
    </Card>
  );
}

function KeyTable({
  keys,
  now,
  nameOf,
  change,
  revoke,
}: {
  readonly keys: readonly Key[];
  readonly now: number;
  readonly nameOf: (appId: string) => string;
  readonly change: (key: Key) => void;
  readonly revoke: (key: Key) => void;
}) {
  const { keys: words } = useTexts();
  const { number, time } = useFormats();
  const accountsOf = ({ accounts }: Key) =>
    accounts === '*' ? words.allAccounts : accounts.map(nameOf).join(', ') || words.noAccount;
  // Only calls of the drop-in can be limited.
  const limitOf = ({ scopes, dailyLimit }: Key) =>
    dailyLimit === undefined ? (scopes.includes('dropin:proxy') ? words.noLimit : '–') : number(dailyLimit);
  const unused = ({ createdAt }: Key) =>
    now - createdAt < rememberedSeconds ? words.notUsedYet : words.neverUsed;
  return (
    <Table
      label={words.heading}
      stacks
      columns={[words.name, words.scopes, words.accounts, words.limit, words.made, words.lastUsed, words.act]}
      rows={keys.map((key) => [
        <>
          {key.name} <code>{key.keyId}</code>
        </>,
        <span class="scopes">
          {key.scopes.map((scope) => (
            <code key={scope}>{scope}</code>
          ))}
        </span>,
        accountsOf(key),
        limitOf(key),
        <time>{time(key.createdAt).slice(0, 10)}</time>,
        key.lastUsedOn === undefined ? unused(key) : <time>{key.lastUsedOn}</time>,
        <span class="buttons">
          <button type="button" class="small" onClick={() => change(key)}>
            {words.change}
          </button>
          <button type="button" class="small" onClick={() => revoke(key)}>
            {words.revoke}
          </button>
        </span>,
      ])}
    />
  );
}

function MadeKey({ value, close }: { readonly value: string; readonly close: () => void }) {
  const { keys: words } = useTexts();
  return (
    <Dialog title={words.makeHeading} close={close}>
      <p>{words.shownOnce}</p>
      <p class="command">
        <code id="made-key">{value}</code>
        <Copy text={value} />
      </p>
      <div class="buttons end">
        <button type="button" class="primary" onClick={close}>
          {words.keep}
        </button>
      </div>
    </Dialog>
  );
}

function Revoking({ of: { keyId, name }, close }: { readonly of: Key; readonly close: () => void }) {
  const { keys: words } = useTexts();
  const { answered } = useFormats();
  const { act } = useAct(useExplain());
  const revoke = () => void act(async (api) => answered((await api.admin('key.revoke', { keyId })).done));
  return (
    <Question
      title={words.revokeQuestion(name)}
      text={words.revokeText}
      yes={words.revokeYes}
      danger
      accept={revoke}
      close={close}
    />
  );
}
