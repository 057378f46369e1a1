import { spawn } from 'node:child_process';

/** What opens an address in the browser of whoever is at this machine, by platform. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens the address in a browser where there is a screen. Where that cannot be done, nothing happens. */
export function openInBrowser(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): void {
  const { DISPLAY = '', WAYLAND_DISPLAY = '' } = environment;
  if (platform === 'linux' && DISPLAY === '' && WAYLAND_DISPLAY === '') return;
  const [program, ...args] = openers[platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
