import { useFormats, useTexts } from '../language.ts';

/** The times of a value, in Unix seconds. */
interface LifeTimes {
  readonly mintedAt: number;
  readonly expiresAt: number;
  readonly refreshAt?: number | undefined;
  readonly windowAt?: number | undefined;
  /** Until when WeChat is expected to accept it. */
  readonly usableUntil?: number | undefined;
}

/** The life of a value as a bar: when it was minted, when the next refresh is booked, the window for it, its end. */
export function Life({ life, now }: { readonly life: LifeTimes; readonly now: number }) {
  const { token: words } = useTexts();
  const { clock, lasting } = useFormats();
  const { mintedAt, expiresAt, refreshAt, windowAt, usableUntil = expiresAt } = life;
  const place = (at: number) =>
    `${Math.min(100, Math.max(0, ((at - mintedAt) / Math.max(1, expiresAt - mintedAt)) * 100))}%`;
  const at = (time: number) => clock(time, now);
  const isUsable = now < usableUntil;
  const booked = refreshAt !== undefined && refreshAt < expiresAt ? refreshAt : undefined;
  const label = words.barLabel(at(mintedAt), refreshAt === undefined ? '–' : at(refreshAt), at(expiresAt));
  return (
    <figure class={isUsable ? 'life' : 'life over'}>
      <div class="bar" role="img" aria-label={label}>
        {windowAt !== undefined && <span class="window" style={{ left: place(windowAt), right: '0' }} />}
        <span class="spent" style={{ width: place(now) }} />
        {booked !== undefined && <span class="booked" style={{ left: place(booked) }} />}
        {now < expiresAt && <span class="now" style={{ left: `min(${place(now)}, 100% - 2px)` }} />}
      </div>
      <figcaption>
        <Mark name={words.minted} time={at(mintedAt)} kind="minted" />
        {now < expiresAt && <Mark name={words.now} time={at(now)} kind="now" />}
        {refreshAt !== undefined && <Mark name={words.booked} time={at(refreshAt)} kind="booked" />}
        {windowAt !== undefined && <Mark name={words.window} time={at(windowAt)} kind="window" />}
        <Mark name={words.end} time={at(expiresAt)} kind="end" />
        <b class="left">{isUsable ? words.life(lasting(usableUntil - now)) : words.over}</b>
      </figcaption>
    </figure>
  );
}

function Mark({
  name,
  time,
  kind,
}: {
  readonly name: string;
  readonly time: string;
  readonly kind: 'minted' | 'booked' | 'window' | 'now' | 'end';
}) {
  return (
    <span class={`mark ${kind}`}>
      {name} <time>{time}</time>
    </span>
  );
}
