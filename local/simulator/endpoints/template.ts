import * as z from 'zod/mini';

import { WeChatError } from '../errors.ts';
import { jsonBody, ok, required, verifiedAccountByToken, type Endpoint } from './call.ts';

/**
 * POST /cgi-bin/template/api_add_template: takes a template from the platform's library.
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html
 */
export const templateAdd: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const { templates } = verifiedAccountByToken(call);
    const { template_id_short: shortId } = jsonBody(call, z.object({ template_id_short: z.string() }));
    const template = templates.add(required(shortId, 40037));
    if (!template) throw new WeChatError(45026);
    return { ...ok, template_id: template.id };
  },
};

/** GET /cgi-bin/template/get_all_private_template: those of the account. Same page. */
export const templateList: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const { templates } = verifiedAccountByToken(call);
    return {
      template_list: templates.list().map(({ id, shortId }) => ({
        template_id: id,
        title: shortId,
        primary_industry: '',
        deputy_industry: '',
        content: '{{first.DATA}}',
        example: '',
      })),
    };
  },
};

/** POST /cgi-bin/template/del_private_template. Same page. */
export const templateDelete: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const { templates } = verifiedAccountByToken(call);
    const { template_id: id } = jsonBody(call, z.object({ template_id: z.string() }));
    if (!templates.remove(id)) throw new WeChatError(40037);
    return ok;
  },
};

const messageSchema = z.object({
  touser: z.string(),
  template_id: z.string(),
  data: z.record(z.string(), z.object({ value: z.union([z.string(), z.number()]) })),
});

/**
 * POST /cgi-bin/message/template/send: a message to a follower. What became of it, WeChat pushes; here nothing does.
 * Same page.
 */
export const templateSend: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const { templates, followers } = verifiedAccountByToken(call);
    const { touser, template_id: id } = jsonBody(call, messageSchema);
    const user = followers.find(touser);
    if (!user) throw new WeChatError(40003);
    if (!templates.has(id)) throw new WeChatError(40037);
    if (!user.subscribed) throw new WeChatError(43004);
    return { ...ok, msgid: templates.nextMessageId() };
  },
};
