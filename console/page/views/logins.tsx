import { useState } from 'preact/hooks';
import type { Api, Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Card, Shown, Table, useExplain } from '../parts/basics.tsx';
import { Question } from '../parts/dialog.tsx';
import { Outcomes } from '../parts/outcomes.tsx';
import type { ViewProps } from '../parts/shell.tsx';
import { useAct, useLoaded } from '../state.ts';

type EndingGrant = Result<'user.expiring'>['expiring'][number];

const endingDays = 7;
/** So many pages of the table of users are read at most at a time. */
const mostPages = 20;

/** Logins by how they ended, grants that end soon, and the data of a person. */
export function LoginsView({ account: { account } }: ViewProps) {
  const { logins: words } = useTexts();
  const loaded = useLoaded(account, (api) => api.admin('account.days', { account, days: 14 }), 10);
  return (
    <>
      <Card id="logins" title={words.heading} intro={words.intro}>
        <Shown loaded={loaded}>
          {({ today, days }) => (
            <Outcomes
              label={words.heading}
              empty={words.empty}
              today={today}
              days={days.map(({ day, logins }) => ({ day, outcomes: logins }))}
              names={words.outcomes}
            />
          )}
        </Shown>
      </Card>
      <EndingGrants account={account} />
      <Person account={account} />
    </>
  );
}

function EndingGrants({ account }: { readonly account: string }) {
  const { logins: words } = useTexts();
  const { time } = useFormats();
  const { busy, act } = useAct(useExplain());
  const [grants, setGrants] = useState<readonly EndingGrant[]>();
  const look = () =>
    void act(async (api) => {
      setGrants(await readEnding(api, account));
      return undefined;
    });
  return (
    <Card id="ending" title={words.ending} intro={words.endingIntro}>
      {grants?.length === 0 && <p>{words.endingNone}</p>}
      {grants && grants.length > 0 && (
        <Table
          label={words.ending}
          columns={[words.openid, words.scopes, words.granted, words.ends]}
          rows={grants.map(({ openid, scopes, grantedAt, expiresAt }) => [
            <code>{openid}</code>,
            scopes.join(', '),
            time(grantedAt),
            time(expiresAt),
          ])}
        />
      )}
      <div class="buttons">
        <button type="button" disabled={busy} onClick={look}>
          {words.endingLook}
        </button>
        <span class="soft">{words.endingCost}</span>
      </div>
    </Card>
  );
}

/** Whose grants end soon, the first to end first. */
async function readEnding(api: Api, account: string): Promise<EndingGrant[]> {
  const grants: EndingGrant[] = [];
  let from: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { expiring, next } = await api.admin('user.expiring', { account, days: endingDays, from });
    grants.push(...expiring);
    if (next === undefined) break;
    from = next;
  }
  return grants.toSorted((one, other) => one.expiresAt - other.expiresAt);
}

function Person({ account }: { readonly account: string }) {
  const { logins: words } = useTexts();
  const [openid, setOpenid] = useState('');
  const [isAsked, setAsked] = useState(false);
  const { busy, act } = useAct(useExplain());
  const isOpenid = /^[\w-]{6,128}$/.test(openid);
  const save = () =>
    void act(async (api) => {
      const { exported } = await api.admin('user.export', { account, openid });
      download(`${openid}.json`, JSON.stringify(exported, undefined, 2));
      return words.exported;
    });
  const erase = () =>
    void act(async (api) => {
      const { removed } = await api.admin('user.erase', { account, openid });
      setOpenid('');
      return words.erased(Object.values(removed).reduce((all, count) => all + count, 0));
    });
  return (
    <Card id="person" title={words.person} intro={words.personIntro}>
      <label class="field">
        {words.openid}
        <input
          id="openid"
          value={openid}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setOpenid(currentTarget.value.trim())}
        />
      </label>
      {openid !== '' && !isOpenid && <p class="warning">{words.notAnOpenid}</p>}
      <div class="buttons">
        <button type="button" id="export" disabled={busy || !isOpenid} onClick={save}>
          {words.export}
        </button>
        <button
          type="button"
          class="danger"
          id="erase"
          disabled={busy || !isOpenid}
          onClick={() => setAsked(true)}
        >
          {words.erase}
        </button>
      </div>
      {isAsked && <EraseQuestion openid={openid} accept={erase} close={() => setAsked(false)} />}
    </Card>
  );
}

/** What cannot be undone is confirmed by typing whom it is about. */
function EraseQuestion({
  openid,
  accept,
  close,
}: {
  readonly openid: string;
  readonly accept: () => void;
  readonly close: () => void;
}) {
  const { logins: words } = useTexts();
  const [typed, setTyped] = useState('');
  return (
    <Question
      title={words.eraseQuestion(openid)}
      text={words.eraseText}
      yes={words.eraseYes}
      danger
      disabled={typed !== openid}
      accept={accept}
      close={close}
    >
      <label class="field">
        {words.openid}
        <input
          id="openid-again"
          value={typed}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setTyped(currentTarget.value.trim())}
        />
      </label>
    </Question>
  );
}

/** Has the browser save a file. */
function download(name: string, content: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
