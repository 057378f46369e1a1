import type { Result } from '../api.ts';
import { useFormats, useTexts } from '../language.ts';
import { Table } from './basics.tsx';

/** What is shorter cannot be seen in the strip. */
const gapSeconds = 60;

type Credential = Result<'account.history'>['credentials'][number];
type Former = Credential['former'][number];

/** The last values of a credential, each as long as it was in use and by how it ended, and a table of them. */
export function Generations({ token, now }: { readonly token: Credential; readonly now: number }) {
  const { history: words, token: tokenWords, numbers } = useTexts();
  const { number, time, clock } = useFormats();
  const { former, generation, mintedAt, mintedFor } = token;
  if (mintedAt === undefined) return <p class="soft">{tokenWords.never}</p>;
  const first = former.at(-1)?.mintedAt ?? mintedAt;
  const reasonOf = (reason: Credential['mintedFor']) => (reason === undefined ? '–' : words.reasons[reason]);
  if (former.length === 0 && isUsable(token, now)) return <p class="soft">{words.empty}</p>;
  return (
    <figure class="generations">
      <Strip token={token} first={first} now={now} />
      <figcaption>
        <time>{clock(first, now)}</time>
        <span class="keys">
          {isUsable(token, now) && <Key kind="current" name={words.now} />}
          {(['renewed', 'rejected', 'expired'] as const)
            .filter((end) => endsOf(token, now).has(end))
            .map((end) => (
              <Key key={end} kind={end} name={words.ends[end]} />
            ))}
          {hasGap(token, now) && <Key kind="none" name={words.none} />}
        </span>
        <time>{clock(now, now)}</time>
      </figcaption>
      <details>
        <summary>{numbers}</summary>
        <Table
          label={words.heading}
          columns={[words.generation, words.minted, words.reason, words.ended, words.how]}
          rows={[
            [
              number(generation),
              time(mintedAt),
              reasonOf(mintedFor),
              ...(isUsable(token, now) ? [words.now, '–'] : ['–', words.ends[endingOf(token)]]),
            ],
            ...former.map((value) => [
              number(value.generation),
              time(value.mintedAt),
              reasonOf(value.mintedFor),
              time(value.endedAt),
              words.ends[value.end],
            ]),
          ]}
        />
      </details>
    </figure>
  );
}

function Key({ kind, name }: { readonly kind: string; readonly name: string }) {
  return (
    <span class="key">
      <span class={`swatch ${kind}`} />
      {name}
    </span>
  );
}

function isUsable({ usableUntil }: Credential, now: number): boolean {
  return usableUntil !== undefined && now < usableUntil;
}

/** Until when the last value can have been in use: now at the latest, also where WeChat rejected it since. */
function endOf({ expiresAt = Infinity }: Credential, now: number): number {
  return Math.min(now, expiresAt);
}

/** How the last value ended, where it is not usable any more. */
function endingOf({ expiresAt, usableUntil }: Credential): Former['end'] {
  return usableUntil === undefined || usableUntil === expiresAt ? 'expired' : 'rejected';
}

/** How the values ended, the last of them included where it is not usable any more. */
function endsOf(token: Credential, now: number): ReadonlySet<Former['end']> {
  const ends = token.former.map(({ end }) => end);
  return new Set(isUsable(token, now) ? ends : [...ends, endingOf(token)]);
}

/** Whether there was a time in which no value was usable. */
function hasGap(token: Credential, now: number): boolean {
  const { former, mintedAt } = token;
  if (endOf(token, now) + gapSeconds < now) return true;
  const begins = [mintedAt, ...former.map((value) => value.mintedAt)];
  return former.some(({ endedAt }, index) => endedAt + gapSeconds < (begins[index] ?? endedAt));
}

/** Each value as long as it was in use, since the first of them. */
function Strip({
  token,
  first,
  now,
}: {
  readonly token: Credential;
  readonly first: number;
  readonly now: number;
}) {
  const { history: words } = useTexts();
  const { former, mintedAt = now } = token;
  const share = (seconds: number) => `${(Math.max(0, seconds) / Math.max(1, now - first)) * 100}%`;
  return (
    <div class="strip" role="img" aria-label={words.label(former.length + 1)}>
      {former.toReversed().map((value) => (
        <span
          key={value.generation}
          class={value.end}
          style={{ left: share(value.mintedAt - first), width: share(value.endedAt - value.mintedAt) }}
          title={`${value.generation}: ${words.ends[value.end]}`}
        />
      ))}
      <span
        class={isUsable(token, now) ? 'current' : endingOf(token)}
        style={{ left: share(mintedAt - first), width: share(endOf(token, now) - mintedAt) }}
      />
    </div>
  );
}
