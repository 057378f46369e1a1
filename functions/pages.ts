import type * as z from 'zod/mini';
import type { Account } from '../shared/accounts/accounts.ts';
import { pagePolicy, problemPageContent, renderPage, type PageContent } from '../shared/http/page.ts';
import {
  routeHandler,
  withAccount,
  type AccountRequest,
  type HttpEvent,
  type HttpHandler,
  type HttpResult,
  type RouteFor,
} from './http.ts';
import { accountsOf, tablesOf } from './parts.ts';
import type { Runtime } from './runtime.ts';

/** What the pages of one route have beside their texts. */
export interface PageOptions {
  /** The link that an error page ends with. A fault in finding it leaves the page without one. */
  readonly nextLink?: (
    account: Account,
    event: HttpEvent,
  ) => PageContent['link'] | Promise<PageContent['link']>;
}

/** What `accountHandler` is for programs, for a route that people see in their browser: faults become pages. */
export function pageHandler<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject>(
  runtime: Runtime,
  route: RouteFor<'person', Query, Body>,
  answer: (request: AccountRequest<Query, Body>) => Promise<HttpResult>,
  { nextLink }: PageOptions = {},
): HttpHandler {
  const accounts = accountsOf(runtime, tablesOf(runtime));
  const linkFor = async (event: HttpEvent) =>
    nextLink?.(await accounts.find(event.pathParameters?.['account'] ?? ''), event);
  return routeHandler(
    runtime,
    route,
    withAccount(route, accounts, answer),
    async ({ status, code, detail, extras }, event) => {
      // What is out of time must not look for it.
      const link = code === 'service_busy' ? undefined : await linkFor(event).catch(() => undefined);
      return page(status, { ...problemPageContent(code, extras.parameter), link }, [
        toQuote(code, detail),
        event.requestContext.requestId,
      ]);
    },
  );
}

/** What a person can quote of a fault. Of most faults the detail is for programs. */
function toQuote(code: string, detail: string | undefined): string {
  return code === 'return_to_not_allowed' && detail !== undefined ? `${code}: ${detail}` : code;
}

/** A page as an answer. `quotable` is shown so that a person can quote it. */
export function page(statusCode: number, content: PageContent, quotable: readonly string[] = []): HttpResult {
  return {
    statusCode,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy },
    body: renderPage(content, quotable),
  };
}
