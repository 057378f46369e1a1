import * as z from 'zod/mini';
import { followerSchema } from '../../shared/followers/read/follower.ts';
import { removedSchema } from '../../shared/users/erase-user.ts';
import {
  jssdkConfigSchema,
  replacedTokenSchema,
  ticketSchema,
  tokenReportSchema,
  tokenSchema,
} from '../credentials/routes.ts';
import {
  dropInTicketSchema,
  dropInTokenSchema,
  passedAnswerSchema,
  wechatErrorSchema,
} from '../dropin/routes.ts';
import {
  avatarUrlsSchema,
  followerCountsSchema,
  followerPageSchema,
  lookupRequestSchema,
  lookupResultSchema,
} from '../followers/routes.ts';
import { accountHealthSchema, healthSchema } from '../open/routes.ts';
import { apiUsageSchema, usageSchema } from '../usage/routes.ts';
import { erasureSchema, meSchema, userSchema } from '../users/routes.ts';
import { memberDescriptions } from './descriptions.ts';
import { gatewayMessageSchema, problemCodeSchema, problemSchema } from './problem-schema.ts';

export type Direction = 'input' | 'output';

/** The bodies of requests, by the names that generators give their types. */
const requests: Readonly<Record<string, z.ZodMiniType>> = {
  TokenReport: tokenReportSchema,
  LookupRequest: lookupRequestSchema,
};

/** What answers are made of. A name stays: callers' code has it. */
const answers: Readonly<Record<string, z.ZodMiniType>> = {
  Token: tokenSchema,
  ReplacedToken: replacedTokenSchema,
  Ticket: ticketSchema,
  JssdkConfig: jssdkConfigSchema,
  Follower: followerSchema,
  FollowerPage: followerPageSchema,
  FollowerCounts: followerCountsSchema,
  LookupResult: lookupResultSchema,
  AvatarUrls: avatarUrlsSchema,
  Me: meSchema,
  User: userSchema,
  Erasure: erasureSchema,
  RemovedCounts: removedSchema,
  Usage: usageSchema,
  ApiUsage: apiUsageSchema,
  Health: healthSchema,
  AccountHealth: accountHealthSchema,
  DropInToken: dropInTokenSchema,
  DropInTicket: dropInTicketSchema,
  WeChatError: wechatErrorSchema,
  WeChatAnswer: passedAnswerSchema,
  Problem: problemSchema,
  ProblemCode: problemCodeSchema,
  GatewayMessage: gatewayMessageSchema,
};

const names = new Map<unknown, string>(
  [...Object.entries(requests), ...Object.entries(answers)].map(([name, schema]) => [schema, name]),
);

/** The reference to a schema that has a name, or else the JSON Schema itself, with references within. */
export function jsonSchema(schema: z.ZodMiniType, io: Direction): z.core.JSONSchema.BaseSchema {
  const name = names.get(schema);
  return name === undefined ? written(schema, io) : reference(name);
}

/** All schemas that have a name, for `components.schemas`. */
export function namedSchemas(): Record<string, z.core.JSONSchema.BaseSchema> {
  const writeAll = (schemas: typeof answers, io: Direction) =>
    Object.entries(schemas).map(([name, schema]) => [name, described(name, written(schema, io))] as const);
  return Object.fromEntries([...writeAll(requests, 'input'), ...writeAll(answers, 'output')]);
}

/** With what there is to say of its members. */
function described(name: string, schema: z.core.JSONSchema.BaseSchema) {
  for (const [member, description] of Object.entries(memberDescriptions[name] ?? {})) {
    const property = schema.properties?.[member];
    if (typeof property !== 'object') throw new Error(`${name} has no ${member} to describe.`);
    if (property.$ref === undefined) property.description = description;
  }
  return schema;
}

function reference(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

/** Without `$schema`: within the document its own dialect holds, which takes all that Zod writes. */
function written(schema: z.ZodMiniType, io: Direction) {
  const json = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema: part, path }) => {
      const name = path.length === 0 ? undefined : names.get(zodSchema);
      if (name !== undefined) {
        for (const key of Object.keys(part)) Reflect.deleteProperty(part, key);
        part.$ref = reference(name).$ref;
      }
      if (part.type === 'integer') nameInteger(part);
      // Names are texts in any JSON.
      delete part.propertyNames;
    },
  });
  delete json.$schema;
  return json;
}

/** JavaScript's largest whole numbers are no limits that a caller has to know; that 32 bits may not do is. */
function nameInteger(part: z.core.JSONSchema.BaseSchema): void {
  if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
  if (part.maximum === Number.MAX_SAFE_INTEGER) {
    delete part.maximum;
    part.format = 'int64';
  }
}
