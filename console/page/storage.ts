/** What the browser keeps for the tab, or for the next visit; nothing, where its storage is switched off. */
export function stored(storage: 'sessionStorage' | 'localStorage', key: string): string | undefined {
  try {
    return window[storage].getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Where storage is switched off, it lasts until the page is left. */
export function store(storage: 'sessionStorage' | 'localStorage', key: string, value: string): void {
  try {
    window[storage].setItem(key, value);
  } catch {
    // Nothing is kept.
  }
}
