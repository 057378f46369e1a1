import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Card, Command, Figure, Meter, Shown, useExplain } from '../parts/basics.tsx';
import { Question } from '../parts/dialog.tsx';
import { Generations } from '../parts/generations.tsx';
import { Life } from '../parts/life.tsx';
import type { ViewProps } from '../parts/shell.tsx';
import { commandFor, useAct, useLoaded, useShared, type AccountReport } from '../state.ts';

type Credential = Result<'account.history'>['credentials'][number];
type Failure = NonNullable<AccountReport['failure']>;

/** For how long an early end of a token is shown. */
const shownSeconds = 7 * 86_400;

/** How the account is: its token's life, what is wrong and what to do, the tokens before, its tickets. */
export function AccountsView({ account, now }: ViewProps) {
  const history = useLoaded(
    account.account,
    (api) => api.admin('account.history', { account: account.account }),
    3,
  );
  const { token: words, history: historyWords } = useTexts();
  const credentials = history.value?.credentials ?? [];
  const token = credentials.find(({ kind }) => kind === 'access_token');
  const tickets = credentials.filter(({ kind }) => kind !== 'access_token');
  return (
    <>
      <TokenCard account={account} token={token} now={now} />
      <Card title={historyWords.heading} id="generations">
        <Shown loaded={history}>{() => token && <Generations token={token} now={now} />}</Shown>
      </Card>
      {tickets.map((ticket) => (
        <Card key={ticket.kind} title={words.heading[ticket.kind]} id={ticket.kind}>
          <CredentialLife credential={ticket} now={now} />
          {ticket.failure && <FailureText failure={ticket.failure} now={now} />}
        </Card>
      ))}
    </>
  );
}

function TokenCard({
  account,
  token,
  now,
}: {
  readonly account: AccountReport;
  readonly token: Credential | undefined;
  readonly now: number;
}) {
  const { token: words, stateHint } = useTexts();
  const explain = useExplain();
  const { busy, act } = useAct(explain);
  const refresh = () =>
    void act(async (api) => {
      const { accounts } = await api.admin('refresh', { account: account.account });
      return accounts[0]?.failure ? { kind: 'failed', text: words.stillFailing } : words.refreshed;
    });
  return (
    <Card
      id="token"
      title={
        <>
          {account.name} <small>{account.account}</small>
        </>
      }
      aside={<StateChip account={account} />}
    >
      <p class="soft" id="state-hint">
        {stateHint[account.state]}
      </p>
      <CredentialLife credential={{ ...account, ...token }} now={now} />
      {account.failure && (
        <FailureText failure={account.failure} now={now}>
          <FailureActs account={account} failure={account.failure} />
        </FailureText>
      )}
      <Facts account={account} now={now} />
      <div class="buttons">
        <button type="button" class="primary" id="refresh" disabled={busy} onClick={refresh}>
          {words.refresh}
        </button>
      </div>
    </Card>
  );
}

function StateChip({ account: { state } }: { readonly account: AccountReport }) {
  const { state: words } = useTexts();
  return (
    <span class={`chip ${state}`} id="state" role="status">
      {words[state]}
    </span>
  );
}

function CredentialLife({
  credential,
  now,
}: {
  readonly credential: Partial<Credential>;
  readonly now: number;
}) {
  const { token: words } = useTexts();
  const { mintedAt, expiresAt, refreshAt, windowAt, usableUntil } = credential;
  if (mintedAt === undefined || expiresAt === undefined) return <p class="soft">{words.never}</p>;
  return <Life life={{ mintedAt, expiresAt, refreshAt, windowAt, usableUntil }} now={now} />;
}

function Facts({ account, now }: { readonly account: AccountReport; readonly now: number }) {
  const { token: words } = useTexts();
  const { number } = useFormats();
  const { mode, lender, generation, mintsToday, mintBudget, earlyEnds = [] } = account;
  const early = earlyEnds.filter((at) => at > now - shownSeconds).length;
  return (
    <>
      <dl class="figures">
        <Figure label={words.generation} value={number(generation)} />
        <Figure
          label={words.mode}
          value={words.modes[mode]}
          {...(lender !== undefined && { note: words.borrowed(lender) })}
        />
        <Figure
          label={words.budget}
          value={words.budgetOf(number(mintsToday), number(mintBudget))}
          note={<Meter label={words.budget} used={mintsToday} all={mintBudget} />}
        />
      </dl>
      {early > 0 && <p class="notice">{words.earlyEnds(early)}</p>}
    </>
  );
}

/** What went wrong, and what to do about it. The children are buttons that do it. */
function FailureText({
  failure: { code, message, advice, count, retryAt },
  now,
  children,
}: {
  readonly failure: Failure;
  readonly now: number;
  readonly children?: ComponentChildren;
}) {
  const { failure: words } = useTexts();
  const { answered, clock, lasting } = useFormats();
  return (
    <section class="failure" id="failure" aria-label={code}>
      <h3>{words.heading(code, count)}</h3>
      <p class="message">{answered(message)}</p>
      <h4>{words.advice}</h4>
      <p class="advice">{answered(advice)}</p>
      <p class="soft">
        {retryAt > now ? words.retry(clock(retryAt, now), lasting(retryAt - now)) : words.retrySoon}
      </p>
      {children}
    </section>
  );
}

/** Which failures a change to classic mode, or setting the quotas back, does something about. */
const classicHelps = ['rejected_token_kept', 'wechat_quota_day'];
/** Where another AppSecret is wanted, which the command line asks for: the page takes none. */
const secretHelps = ['wechat_credentials_refused', 'secret_unreadable'];
const clearingHelps = ['wechat_quota_day', 'rejected_token_kept'];

function FailureActs({
  account: { account, mode, lender },
  failure: { code },
}: {
  readonly account: AccountReport;
  readonly failure: Failure;
}) {
  const { failure: words } = useTexts();
  const { answered } = useFormats();
  const { about } = useShared();
  const [asked, setAsked] = useState<'classic' | 'quota'>();
  const { busy, act } = useAct(useExplain());
  if (lender !== undefined) return null;
  const close = () => setAsked(undefined);
  const change = () =>
    void act(async (api) => {
      await api.admin('account.set', { account, mode: 'classic' });
      return words.classicDone;
    });
  const clear = () => void act(async (api) => answered((await api.admin('quota.clear', { account })).done));
  return (
    <>
      {secretHelps.includes(code) && (
        <Command text={commandFor(`account rotate-secret ${account}`, about.place)} />
      )}
      <div class="buttons">
        {mode === 'stable' && classicHelps.includes(code) && (
          <button type="button" disabled={busy} onClick={() => setAsked('classic')}>
            {words.classic}
          </button>
        )}
        {clearingHelps.includes(code) && (
          <button type="button" disabled={busy} onClick={() => setAsked('quota')}>
            {words.quota}
          </button>
        )}
        {asked === 'classic' && (
          <Question
            title={words.classicQuestion}
            text={words.classicText}
            yes={words.classic}
            accept={change}
            close={close}
          />
        )}
        {asked === 'quota' && (
          <Question
            title={words.quotaQuestion}
            text={words.quotaText}
            yes={words.quota}
            accept={clear}
            close={close}
          />
        )}
      </div>
    </>
  );
}
