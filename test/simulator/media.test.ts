import { afterEach, expect, test } from '@jest/globals';

import { appid, start, stopAll, text } from './harness.ts';

afterEach(stopAll);

/** Bytes that are no UTF-8, so that what takes them for text spoils them. */
const picture = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x0d, 0x0a, 0x80, 0xfe, 0xff]);
const threeDays = 3 * 86_400;

/** A verified account, with short ways to upload and to download. */
async function startWithMedia() {
  const wechat = await start();
  await wechat.account();
  const access_token = await wechat.token();
  const upload = async (path: string, type: string, bytes = picture, fields: Record<string, string> = {}) => {
    const form = new FormData();
    form.set('media', new File([new Uint8Array(bytes)], 'a picture.png', { type: 'image/png' }));
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    const query = new URLSearchParams({ access_token, type }).toString();
    const response = await wechat.fetch(`${path}?${query}`, { method: 'POST', body: form });
    return (await response.json()) as Record<string, unknown>;
  };
  const send = (path: string, body: unknown) =>
    wechat.fetch(`${path}?access_token=${access_token}`, { method: 'POST', body: JSON.stringify(body) });
  const ask = async (path: string, body: unknown) =>
    (await (await send(path, body)).json()) as Record<string, unknown>;
  const download = (media_id: unknown) => {
    const query = new URLSearchParams({ access_token, media_id: text(media_id) }).toString();
    return wechat.fetch(`/cgi-bin/media/get?${query}`);
  };
  return { ...wechat, access_token, upload, send, ask, download };
}

test('a temporary medium comes back as it was sent, byte for byte', async () => {
  const wechat = await startWithMedia();
  const uploaded = await wechat.upload('/cgi-bin/media/upload', 'image');
  expect(uploaded).toMatchObject({ type: 'image', created_at: wechat.clock.now() });
  const answer = await wechat.download(uploaded['media_id']);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(picture);
  expect(answer.headers.get('content-type')).toBe('image/png');
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="${text(uploaded['media_id'])}.png"`,
  );
});

test('a temporary medium is gone after three days', async () => {
  const wechat = await start();
  await wechat.account();
  const form = () => {
    const made = new FormData();
    made.set('media', new File([new Uint8Array(picture)], 'a.png'));
    return made;
  };
  const path = `/cgi-bin/media/upload?type=image&access_token=${await wechat.token()}`;
  const response = await wechat.fetch(path, { method: 'POST', body: form() });
  const { media_id } = (await response.json()) as { media_id: string };
  const downloadType = async () => {
    const query = new URLSearchParams({ access_token: await wechat.token(), media_id }).toString();
    return (await wechat.fetch(`/cgi-bin/media/get?${query}`)).headers.get('content-type');
  };
  await wechat.advance(threeDays - 1);
  expect(await downloadType()).toBe('image/jpeg');
  await wechat.advance(1);
  expect(
    await wechat.get('/cgi-bin/media/get', { access_token: await wechat.token(), media_id }),
  ).toMatchObject({
    errcode: 40007,
  });
});

test('a thumbnail has its id in another field', async () => {
  const wechat = await startWithMedia();
  expect(await wechat.upload('/cgi-bin/media/upload', 'thumb')).toEqual({
    type: 'thumb',
    thumb_media_id: expect.stringMatching(/^[\w-]{64}$/),
    created_at: wechat.clock.now(),
  });
});

test('a temporary video is answered with an address', async () => {
  const wechat = await startWithMedia();
  const { media_id } = await wechat.upload('/cgi-bin/media/upload', 'video');
  expect(await (await wechat.download(media_id)).json()).toEqual({
    video_url: expect.stringContaining(text(media_id)),
  });
});

test.each([
  ['an unknown type', 'film', picture, 40004],
  ['an empty file', 'image', Buffer.alloc(0), 41005],
  ['a thumbnail of more than 64 KB', 'thumb', Buffer.alloc(64 * 1024 + 1), 45001],
])('%s is refused', async (_, type, bytes, errcode) => {
  const wechat = await startWithMedia();
  expect(await wechat.upload('/cgi-bin/media/upload', type, bytes)).toMatchObject({ errcode });
});

test('a part without a filename is no file', async () => {
  const wechat = await startWithMedia();
  const form = new FormData();
  form.set('media', 'text');
  const path = `/cgi-bin/media/upload?type=image&access_token=${wechat.access_token}`;
  const response = await wechat.fetch(path, { method: 'POST', body: form });
  expect(await response.json()).toMatchObject({ errcode: 41005 });
});

test('a material stays, is listed with its name, counted and removed', async () => {
  const wechat = await startWithMedia();
  const { media_id, url } = await wechat.upload('/cgi-bin/material/add_material', 'image');
  const { access_token } = wechat;
  expect(url).toEqual(expect.stringContaining(text(media_id)));
  await wechat.upload('/cgi-bin/material/add_material', 'voice');

  const stored = await wechat.send('/cgi-bin/material/get_material', { media_id });
  expect(Buffer.from(await stored.arrayBuffer())).toEqual(picture);
  const list = { type: 'image', offset: 0, count: 20 };
  expect(await wechat.ask('/cgi-bin/material/batchget_material', list)).toEqual({
    item: [{ media_id, name: 'a picture.png', update_time: wechat.clock.now(), url }],
    total_count: 1,
    item_count: 1,
  });
  const count = () => wechat.get('/cgi-bin/material/get_materialcount', { access_token });
  expect(await count()).toEqual({ voice_count: 1, video_count: 0, image_count: 1, news_count: 0 });

  expect(await wechat.ask('/cgi-bin/material/del_material', { media_id })).toEqual({
    errcode: 0,
    errmsg: 'ok',
  });
  expect(await count()).toMatchObject({ image_count: 0 });
  expect(await wechat.ask('/cgi-bin/material/get_material', { media_id })).toMatchObject({ errcode: 40007 });
});

test('the newest materials come first, 20 at a time', async () => {
  const wechat = await startWithMedia();
  const ids: unknown[] = [];
  for (let index = 0; index < 22; index += 1) {
    const { media_id } = await wechat.upload('/cgi-bin/material/add_material', 'voice');
    ids.unshift(media_id);
  }
  const page = async (offset: number) => {
    const list = { type: 'voice', offset, count: 50 };
    const { item } = await wechat.ask('/cgi-bin/material/batchget_material', list);
    return (item as { media_id: string }[]).map(({ media_id }) => media_id);
  };
  expect(await page(0)).toEqual(ids.slice(0, 20));
  expect(await page(20)).toEqual(ids.slice(20));
});

test('a permanent video keeps its title and introduction', async () => {
  const wechat = await startWithMedia();
  const description = JSON.stringify({ title: 'Noon', introduction: 'A film' });
  const { media_id } = await wechat.upload('/cgi-bin/material/add_material', 'video', picture, {
    description,
  });
  expect(await wechat.ask('/cgi-bin/material/get_material', { media_id })).toEqual({
    title: 'Noon',
    description: 'A film',
    down_url: expect.stringContaining(text(media_id)),
  });
});

test('a permanent video without a description is refused', async () => {
  const wechat = await startWithMedia();
  expect(await wechat.upload('/cgi-bin/material/add_material', 'video')).toMatchObject({ errcode: 47001 });
});

test('a picture for an article becomes an address, and over 1 MB it is refused', async () => {
  const wechat = await startWithMedia();
  expect(await wechat.upload('/cgi-bin/media/uploadimg', '')).toEqual({
    url: expect.stringMatching(/^http:.*\/mmbiz_png\//),
  });
  const large = Buffer.alloc(1024 * 1024 + 1);
  expect(await wechat.upload('/cgi-bin/media/uploadimg', '', large)).toMatchObject({ errcode: 45001 });
});

test('media are of one account alone', async () => {
  const wechat = await startWithMedia();
  const { media_id } = await wechat.upload('/cgi-bin/media/upload', 'image');
  await wechat.account({ appid: `${appid}2` });
  const credentials = {
    grant_type: 'client_credential',
    appid: `${appid}2`,
    secret: '0123456789abcdef'.repeat(2),
  };
  const { access_token } = await wechat.get('/cgi-bin/token', credentials);
  const query = { access_token: text(access_token), media_id: text(media_id) };
  expect(await wechat.get('/cgi-bin/media/get', query)).toMatchObject({ errcode: 40007 });
});
