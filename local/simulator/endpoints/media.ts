import * as z from 'zod/mini';

import type { Account } from '../accounts.ts';
import { WeChatError } from '../errors.ts';
import { mediaTypes, type MediaType, type Medium } from '../media.ts';
import type { FormFile } from '../multipart.ts';
import { jsonBody, ok, verifiedAccountByToken, type Call, type Download, type Endpoint } from './call.ts';

/** The most bytes of a file by kind: 2 MB for an image, 10 MB for a video; the others are those of the Chinese page. */
const maxBytes: Readonly<Record<MediaType, number>> = {
  image: 10 * 1024 * 1024,
  voice: 2 * 1024 * 1024,
  video: 10 * 1024 * 1024,
  thumb: 64 * 1024,
};

/** The most bytes of a picture for an article. */
const maxArticleImageBytes = 1024 * 1024;

/**
 * POST /cgi-bin/media/upload: a file that is kept for three days.
 * https://developers.weixin.qq.com/doc/subscription/en/api/material/temporary/api_uploadtempmedia.html
 */
export const mediaUpload: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    const mediaType = typeOf(call);
    const { id } = account.media.addTemporary({
      ...fileOf(call, maxBytes[mediaType]),
      mediaType,
      since: call.now,
    });
    const idField = mediaType === 'thumb' ? 'thumb_media_id' : 'media_id';
    return { type: mediaType, [idField]: id, created_at: call.now };
  },
};

/**
 * GET /cgi-bin/media/get: the file itself, of a video an address. POST is seen to work.
 * https://developers.weixin.qq.com/doc/service/en/Asset_Management/Get_temporary_materials.html
 */
export const mediaGet: Endpoint = {
  method: 'GET',
  takesPost: true,
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    const medium = account.media.temporary(call.query.get('media_id') ?? '', call.now);
    if (!medium) throw new WeChatError(40007);
    if (medium.mediaType === 'video') return { video_url: addressOf(call, medium) };
    return download(medium);
  },
};

/**
 * POST /cgi-bin/media/uploadimg: a picture for an article, which is an address and no medium.
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Adding_Permanent_Assets.html
 */
export const articleImageUpload: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    const file = fileOf(call, maxArticleImageBytes);
    const { id } = account.media.addTemporary({ ...file, mediaType: 'image', since: call.now });
    return { url: `${call.world.publicUrl}/mmbiz_png/${id}/0` };
  },
};

const descriptionSchema = z.object({ title: z.string(), introduction: z.string() });

/**
 * POST /cgi-bin/material/add_material: a file that stays. A video comes with a title and an introduction, as JSON.
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Adding_Permanent_Assets.html
 */
export const materialAdd: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    const mediaType = typeOf(call);
    const file = fileOf(call, maxBytes[mediaType]);
    const description = mediaType === 'video' && { description: descriptionOf(call) };
    const medium = account.media.addPermanent({ ...file, mediaType, since: call.now, ...description });
    return { media_id: medium.id, ...(mediaType === 'image' && { url: addressOf(call, medium) }), item: [] };
  },
};

/**
 * POST /cgi-bin/material/get_material: the file itself, of a video its title and an address.
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Getting_Permanent_Assets.html
 */
export const materialGet: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const medium = permanentMedium(call, verifiedAccountByToken(call));
    if (medium.mediaType !== 'video') return download(medium);
    const { title, introduction } = medium.description ?? { title: '', introduction: '' };
    return { title, description: introduction, down_url: addressOf(call, medium) };
  },
};

/**
 * POST /cgi-bin/material/del_material
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Deleting_Permanent_Assets.html
 */
export const materialDelete: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    account.media.removePermanent(permanentMedium(call, account).id);
    return ok;
  },
};

/**
 * GET /cgi-bin/material/get_materialcount
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Get_the_total_of_all_materials.html
 */
export const materialCount: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const { media } = verifiedAccountByToken(call);
    const count = (type: MediaType) => media.listPermanent(type).length;
    return {
      voice_count: count('voice'),
      video_count: count('video'),
      image_count: count('image'),
      news_count: 0,
    };
  },
};

const listSchema = z.object({ type: z.string(), offset: z.int(), count: z.int() });

/**
 * POST /cgi-bin/material/batchget_material: up to 20 at a time. Articles are not simulated: there are none.
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Get_materials_list.html
 */
export const materialList: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const { media } = verifiedAccountByToken(call);
    const { type, offset, count } = jsonBody(call, listSchema);
    if (type !== 'news' && !isMediaType(type)) throw new WeChatError(40004);
    const all = media.listPermanent(type);
    const item = all.slice(Math.max(0, offset), Math.max(0, offset) + Math.min(20, Math.max(1, count)));
    return {
      item: item.map((medium) => ({
        media_id: medium.id,
        name: medium.name,
        update_time: medium.since,
        ...(medium.mediaType === 'image' && { url: addressOf(call, medium) }),
      })),
      total_count: all.length,
      item_count: item.length,
    };
  },
};

function isMediaType(type: string): type is MediaType {
  return mediaTypes.some((known) => known === type);
}

function typeOf({ query }: Call): MediaType {
  const type = query.get('type') ?? '';
  if (!isMediaType(type)) throw new WeChatError(40004);
  return type;
}

function fileOf({ form }: Call, most: number): FormFile {
  const file = form?.files.get('media');
  if (!file || file.name === '' || file.bytes.length === 0) throw new WeChatError(41005);
  if (file.bytes.length > most) throw new WeChatError(45001);
  return file;
}

/** wechatpy sends it in the query, the page and the others in the form. */
function descriptionOf({ form, query }: Call) {
  const text = form?.fields.get('description') ?? query.get('description') ?? '';
  try {
    return z.parse(descriptionSchema, JSON.parse(text));
  } catch {
    throw new WeChatError(47001);
  }
}

function permanentMedium(call: Call, account: Account): Medium {
  const { media_id: id } = jsonBody(call, z.object({ media_id: z.string() }));
  const medium = account.media.permanent(id);
  if (!medium) throw new WeChatError(40007);
  return medium;
}

/** Where a picture or a video would be shown. Nothing is there in the simulator. */
function addressOf(call: Call, medium: Medium): string {
  return `${call.world.publicUrl}/mmbiz_png/${medium.id}/0`;
}

const extensions = new Map([
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['audio/mpeg', 'mp3'],
  ['audio/amr', 'amr'],
]);

function download({ id, type, bytes }: Medium): Download {
  const contentType = type === 'text/plain' || type === 'application/octet-stream' ? 'image/jpeg' : type;
  return { contentType, filename: `${id}.${extensions.get(contentType) ?? 'jpg'}`, bytes };
}
