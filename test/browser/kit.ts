import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DeleteScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { awsClientConfig } from '../../functions/runtime.ts';
import { readApiReference } from '../../local/api-reference.ts';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { buildWeb } from '../../local/web.ts';

export const phone = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
/** Milliseconds that the browser waits for something: so long that only a hang meets them. */
const hangMs = 120_000;

export const desktop = { viewport: { width: 1280, height: 800 } };

export interface SiteOptions {
  /** Of the simulated account. */
  readonly followers: number;
  /** As StackOptions has them. */
  readonly hostname?: string;
  readonly origins?: readonly string[];
}

/** The stack as `npm start` runs it, with the page, on free ports. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const quiet = () => undefined;
  const apiReference = await readApiReference();
  const stack = await startStack({
    ports: { api: 0, simulator: 0, aws: 0 },
    log: { info: quiet, warn: quiet, error: quiet },
    ...options,
    web: await buildWeb(apiReference.files),
    apiReference,
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
  async simulate(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<unknown> {
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

  /** Moves the clock of the service and of WeChat. The browser's own stays: its cookies do not age. */
  async advance(seconds: number): Promise<void> {
    await this.simulate('POST', '/clock', { advance_s: seconds });
  }

  /** The same without what is scheduled on the way, so that weeks pass in a moment. Nothing is scheduled afterwards. */
  async advanceUnscheduled(seconds: number): Promise<void> {
    const scheduler = new SchedulerClient(awsClientConfig(this.stack.runtime, 'SCHEDULER'));
    const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
    for (const { Name, GroupName } of Schedules) {
      await scheduler.send(new DeleteScheduleCommand({ Name, GroupName }));
    }
    scheduler.destroy();
    await this.advance(seconds);
  }

  /** Runs `act`, and returns how often each path of WeChat was called meanwhile. */
  async callsDuring(act: () => Promise<unknown>): Promise<Record<string, number>> {
    await this.simulate('DELETE', '/calls');
    await act();
    return (await this.simulate('GET', '/calls')) as Record<string, number>;
  }

  /** Has WeChat push an event, and waits until it has been handled. */
  async push(event: Record<string, unknown>): Promise<void> {
    await this.simulate('POST', '/push', {
      appid: this.stack.account,
      url: `${this.stack.api}/v1/accounts/default/events`,
      event,
      safe_mode: true,
    });
    await this.stack.settled();
  }

  /** What DynamoDB holds, whether or not its time is over. */
  async rows(table: 'USERS' | 'FOLLOWERS'): Promise<Record<string, unknown>[]> {
    const { runtime } = this.stack;
    const client = new DynamoDBClient(awsClientConfig(runtime, 'DYNAMODB'));
    const TableName = runtime.environment[`KEYRING_${table}_TABLE`];
    const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
    client.destroy();
    return Items.map((item) => unmarshall(item));
  }

  /** The row of what a user has granted, whether or not its time is over. */
  async grantOf(openid: string): Promise<Record<string, unknown> | undefined> {
    const pk = `${this.stack.account}#${openid}`;
    return (await this.rows('USERS')).find((row) => row['pk'] === pk && row['sk'] === 'grant');
  }

  /** A call of the account's API with the stack's key, as a back end makes it. */
  async asBackEnd(path: string): Promise<{ status: number; body: unknown }> {
    const headers = { authorization: `Bearer ${this.stack.apiKey}` };
    const response = await fetch(`${this.stack.api}/v1/accounts/default${path}`, { headers });
    return { status: response.status, body: await response.json() };
  }

  /** Where a login starts that ends at the page. */
  authorizeUrl(query: Record<string, string>): string {
    const all = new URLSearchParams({ ...query, return_to: this.url });
    return `${this.stack.api}/v1/accounts/default/oauth/authorize?${all.toString()}`;
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

/** Browsers of different people, and what their pages complained about. */
export class Visitors {
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  #complaints: string[] = [];

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** A browser of its own, English on a phone unless said otherwise. */
  async come(options: BrowserContextOptions = phone): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ locale: 'en-US', ...options });
    context.setDefaultTimeout(hangMs);
    this.#contexts.push(context);
    context.on('weberror', (error) => this.#complaints.push(error.error().message));
    context.on('console', (message) => {
      if (message.type() === 'error' && message.text().includes('Content Security Policy')) {
        this.#complaints.push(message.text());
      }
    });
    return context;
  }

  /** Closes all. Returns scripts that failed, and what a content security policy kept out. */
  async leave(): Promise<string[]> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
    const complaints = this.#complaints;
    this.#complaints = [];
    return complaints;
  }
}

export async function textOf(page: Page, selector: string): Promise<string> {
  await page.waitForSelector(selector);
  return page.innerText(selector);
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
