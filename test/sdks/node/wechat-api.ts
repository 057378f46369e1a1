import { promisify } from 'node:util';

import API from 'wechat-api';

import { digest, drive, follow, readSetup } from './driver.ts';

const setup = readSetup();
const { base, appid, secret, openids, template, file } = setup;
const [openid = ''] = openids;

const api = new API(appid, secret);
// setEndpoint() puts https:// before a name; nothing here speaks TLS.
api.endpoint = base;
api.fileServerPrefix = `${base}/cgi-bin/`;

const latestToken = promisify(api.getLatestToken.bind(api));
const newToken = promisify(api.getAccessToken.bind(api));
const followers = promisify(api.getFollowers.bind(api));
const user = promisify(api.getUser.bind(api));
const users = promisify(api.batchGetUsers.bind(api));
const ticket = promisify(api.getTicket.bind(api));
const sendTemplate = promisify(api.sendTemplate.bind(api));
const uploadMedia = promisify(api.uploadMedia.bind(api));
const getMedia = promisify(api.getMedia.bind(api));
const uploadMaterial = promisify(api.uploadMaterial.bind(api));
const getMaterial = promisify(api.getMaterial.bind(api));

let mediaId = '';
let materialId = '';

await drive(
  {
    token: async () => ({ value: (await latestToken()).accessToken }),
    refresh: async () => ({ value: (await newToken()).accessToken }),
    followers: () => follow(followers),
    info: async () => ({ value: (await user(openid)).openid }),
    batch: async () => {
      const { user_info_list: found } = await users([...openids]);
      return { value: found.map((one) => one.openid) };
    },
    ticket: async () => ({ value: (await ticket('jsapi')).ticket }),
    template: async () => {
      const data = { first: { value: 'Noon' } };
      return { value: (await sendTemplate(openid, template, '', '', data)).msgid };
    },
    upload: async () => ({ value: (mediaId = (await uploadMedia(file, 'image')).media_id) }),
    download: async () => digest(await getMedia(mediaId)),
    'add material': async () => ({ value: (materialId = (await uploadMaterial(file, 'image')).media_id) }),
    'get material': async () => digest(await getMaterial(materialId)),
    oauth: () => Promise.resolve({ missing: 'in wechat-oauth, with the address in its code' }),
    push: () => Promise.resolve({ missing: 'in wechat' }),
  },
  () => user(openid),
);
