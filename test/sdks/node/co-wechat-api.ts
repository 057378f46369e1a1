import API from 'co-wechat-api';

import { KeyringAPI } from '../../../examples/adapters/keyring-api.ts';
import { digest, drive, follow, readSetup } from './driver.ts';

const setup = readSetup();
const { base, broker, appid, secret, openids, template, file } = setup;
const [openid = ''] = openids;

const api = broker === undefined ? new API(appid, secret) : new KeyringAPI(appid, broker, secret);
api.prefix = `${base}/cgi-bin/`;
api.fileServerPrefix = `${base}/cgi-bin/`;
api.snsPrefix = `${base}/sns/`;

let mediaId = '';
let materialId = '';

await drive(
  {
    token: async () => ({ value: (await api.ensureAccessToken()).accessToken }),
    refresh: async () => ({ value: (await api.getAccessToken()).accessToken }),
    followers: () => follow((cursor) => api.getFollowers(cursor)),
    info: async () => ({ value: (await api.getUser(openid)).openid }),
    batch: async () => {
      const { user_info_list: users } = await api.batchGetUsers([...openids]);
      return { value: users.map((user) => user.openid) };
    },
    ticket: async () => ({ value: (await api.getTicket()).ticket }),
    template: async () => {
      const data = { first: { value: 'Noon' } };
      return { value: (await api.sendTemplate(openid, template, '', '', data)).msgid };
    },
    upload: async () => ({ value: (mediaId = (await api.uploadMedia(file, 'image')).media_id) }),
    download: async () => digest(await api.getMedia(mediaId)),
    'add material': async () => ({
      value: (materialId = (await api.uploadMaterial(file, 'image')).media_id),
    }),
    'get material': async () => digest(await api.getMaterial(materialId)),
    oauth: () => Promise.resolve({ missing: 'in co-wechat-oauth, with the address in its code' }),
    push: () => Promise.resolve({ missing: 'in co-wechat' }),
  },
  () => api.getUser(openid),
);
