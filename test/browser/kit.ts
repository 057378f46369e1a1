import type { BrowserContext, Page } from 'playwright-core';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { buildWeb } from '../../local/web.ts';

export const phone = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
export const desktop = { viewport: { width: 1280, height: 800 } };

/** The stack as `npm start` runs it, with the page, on free ports. */
export async function startSite(followers: number): Promise<Site> {
  const quiet = () => undefined;
  const stack = await startStack({
    ports: { api: 0, simulator: 0, aws: 0 },
    log: { info: quiet, warn: quiet, error: quiet },
    followers,
    web: await buildWeb(),
  });
  return new Site(stack);
}

/** A running stack, and short ways to steer its simulator. */
export class Site {
  readonly stack: LocalStack;
  readonly url: string;

  constructor(stack: LocalStack) {
    this.stack = stack;
    this.url = `${stack.api}/`;
  }

  close(): Promise<void> {
    return this.stack.close();
  }

  /** Sends a call to the simulator's control API. */
  async simulate(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.stack.simulator ?? ''}/_sim${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} /_sim${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  /** A person who uses this account. Names and pictures are what the simulator gives where none are said. */
  async person(fields: Record<string, unknown>): Promise<{ openid: string; headimgurl: string }> {
    const made = await this.simulate('POST', '/users', {
      appid: this.stack.account,
      subscribe: 1,
      ...fields,
    });
    return made as { openid: string; headimgurl: string };
  }

  /** Opens the page, logged out. */
  async open(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(this.url);
    return page;
  }

  /** Logs in by tapping through the consent page as the given person, and waits for the profile. */
  async logIn(page: Page, openid: string): Promise<void> {
    await this.toConsent(page);
    await page.selectOption('#user', openid);
    await page.click('#allow');
    await page.waitForSelector('#profile');
  }

  /** Taps the login link, and waits for the consent page. */
  async toConsent(page: Page): Promise<void> {
    await page.click('#login-link');
    await page.waitForSelector('#allow');
  }
}

/** An `img` element, as far as the tests look at one. */
interface Picture {
  readonly naturalWidth: number;
  scrollIntoView(): void;
  decode(): Promise<void>;
}

/** How wide the pictures are that a selector finds, 0 for one that did not load. Scrolls to each, as a reader would. */
export function pictureWidths(page: Page, selector: string): Promise<number[]> {
  return page.$$eval(selector, (pictures) =>
    Promise.all(
      (pictures as unknown as Picture[]).map(async (picture) => {
        picture.scrollIntoView();
        await picture.decode().catch(() => undefined);
        return picture.naturalWidth;
      }),
    ),
  );
}
