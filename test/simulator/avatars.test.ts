import { afterEach, expect, test } from '@jest/globals';

import { appid, start, stopAll, text } from './harness.ts';

afterEach(stopAll);

async function withPicture() {
  const wechat = await start();
  await wechat.account();
  const user = await wechat.user();
  const fetchPicture = async (address: string, size = 132) => {
    const response = await fetch(address.replace(/\d+$/, `${size}`));
    return {
      status: response.status,
      png: Buffer.from(await response.arrayBuffer()),
      type: response.headers.get('content-type'),
    };
  };
  return { ...wechat, openid: user['openid'], address: text(user['headimgurl']), fetchPicture };
}

test.each([
  [0, 640],
  [46, 46],
  [64, 64],
  [96, 96],
  [132, 132],
])('size %i is a PNG of %i pixels', async (size, pixels) => {
  const { address, fetchPicture } = await withPicture();
  const { status, type, png } = await fetchPicture(address, size);
  expect([status, type]).toEqual([200, 'image/png']);
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([pixels, pixels]);
});

test('another size is not found', async () => {
  const { address, fetchPicture } = await withPicture();
  expect((await fetchPicture(address, 100)).status).toBe(404);
});

test('an address dies when the user changes the picture, and never comes back', async () => {
  const { address, fetchPicture, user, openid } = await withPicture();
  const changed = text((await user({ openid, change_avatar: true }))['headimgurl']);
  expect((await fetchPicture(address)).status).toBe(404);
  expect((await fetchPicture(changed)).status).toBe(200);
  await user({ openid, headimgurl: 'https://pic.example/1' });
  expect((await fetchPicture(changed)).status).toBe(404);
});

test('an address dies with its account', async () => {
  const { address, fetchPicture, account } = await withPicture();
  await account();
  expect((await fetchPicture(address)).status).toBe(404);
});

test('a made-up address is not found', async () => {
  const { url, fetchPicture } = await withPicture();
  expect((await fetchPicture(`${url}/mmopen/${'A'.repeat(22)}/132`)).status).toBe(404);
});

test('a user without a picture has an empty address', async () => {
  const { user, openid } = await withPicture();
  expect(await user({ openid, headimgurl: '' })).toMatchObject({ headimgurl: '' });
});

test('addresses are below the public address where one is given', async () => {
  const { account, user } = await start({ publicUrl: 'https://sim.example/' });
  await account();
  const { headimgurl } = await user({ appid });
  expect(headimgurl).toMatch(/^https:\/\/sim\.example\/mmopen\/[\w-]{22}\/132$/);
});
