const daySeconds = 86_400;

/** The last days in China up to `today`, such as `2026-11-30`, the oldest first. */
export function lastDays(today: string, count: number): string[] {
  const noon = Date.parse(`${today}T12:00:00Z`) / 1000;
  return Array.from({ length: count }, (_, index) =>
    new Date((noon - (count - 1 - index) * daySeconds) * 1000).toISOString().slice(0, 10),
  );
}

/** For each of these days what there is of it: undefined where nothing had been counted yet. */
export function onDays<Figures extends { readonly day: string }>(
  days: readonly string[],
  figures: readonly Figures[],
): (Figures | undefined)[] {
  const byDay = new Map(figures.map((each) => [each.day, each]));
  return days.map((day) => byDay.get(day));
}
