import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const debianChromium = '/usr/bin/chromium';

/** Loopback only: the browser's own services are off, and no other name resolves. */
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1',
];

/**
 * Starts a Chromium without a window: the one that `CHROME_PATH` names, else Debian's, else the Chrome that the user
 * has installed. Throws an Error that says what to install where there is none.
 */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env['CHROME_PATH'] ?? '';
  const executablePath = named !== '' ? named : existsSync(debianChromium) ? debianChromium : undefined;
  try {
    return await chromium.launch({
      args: flags,
      // Milliseconds for its start, which only a hang takes.
      timeout: 180_000,
      ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
    });
  } catch (cause) {
    const place = executablePath ?? 'the usual place of Google Chrome';
    throw new Error(
      `No browser could be started from ${place}. Install Google Chrome, or Chromium (on Debian: apt-get install chromium), or set CHROME_PATH to the program of one.`,
      { cause },
    );
  }
}
