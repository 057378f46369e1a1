import { getJssdkConfig, getTicket, getToken, reportToken } from './credentials/routes.ts';
import { checkEventsUrl, receiveEvent } from './events/routes.ts';
import {
  countFollowers,
  getFollower,
  getPlaceholder,
  listAvatars,
  listFollowers,
  lookupFollowers,
} from './followers/routes.ts';
import { authorize, callback, logout } from './oauth/routes.ts';
import { domainFile, health } from './open/routes.ts';
import type { Route } from './route.ts';
import { getUsage } from './usage/routes.ts';
import { deleteMe, getMe, getUser } from './users/routes.ts';

/**
 * All HTTP routes, by name. The CDK stack, the local gateway and the OpenAPI document are made from this table. A
 * function takes its own route from its area, so that it carries no other area's.
 */
export const routes = {
  listFollowers,
  countFollowers,
  getFollower,
  lookupFollowers,
  getToken,
  reportToken,
  getTicket,
  getJssdkConfig,
  getUsage,
  listAvatars,
  getPlaceholder,
  authorize,
  callback,
  logout,
  getMe,
  deleteMe,
  getUser,
  checkEventsUrl,
  receiveEvent,
  health,
  domainFile,
} as const satisfies Record<string, Route>;
