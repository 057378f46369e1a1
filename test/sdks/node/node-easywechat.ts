import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OfficialAccount, ServerRequest } from 'node-easywechat';
import HttpClient from 'node-easywechat/dist/Core/HttpClient/HttpClient.js';
import AccessToken from 'node-easywechat/dist/OfficialAccount/AccessToken.js';

import { digest, drive, follow, readSetup, type StepResult } from './driver.ts';

const setup = readSetup();
const { base, keyBase, appid, secret, openids, template, file, code, push } = setup;
const [openid = ''] = openids;

const folder = await mkdtemp(join(tmpdir(), 'easywechat-'));
process.once('exit', () => void rm(folder, { recursive: true, force: true }));

const app = new OfficialAccount({
  app_id: appid,
  secret,
  token: push.token,
  aes_key: push.aesKey,
  http: { baseURL: base, proxy: false },
  file_cache: { path: folder, dirMode: 0o700, fileMode: 0o600, ext: '.json' },
  oauth: { scope: 'snsapi_userinfo', redirect_url: 'https://site.example/back' },
});
if (keyBase !== base) {
  const http = HttpClient.create({ baseURL: keyBase, proxy: false });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- as its manual does
  app.setAccessToken(new AccessToken(appid, secret, undefined, app.getCache(), http));
}
const client = app.getClient();
const token = app.getAccessToken();
if (!(token instanceof AccessToken)) throw new Error('not the token class of node-easywechat');

let mediaId = '';
let materialId = '';

await drive(
  {
    token: async () => ({ value: await token.getToken() }),
    refresh: async () => ({ value: await token.refresh() }),
    followers: () =>
      follow(async (cursor) => {
        const answer = await client.get('/cgi-bin/user/get', { params: { next_openid: cursor } });
        return answer.toObject();
      }),
    info: async () => ({ value: await infoOf(openid) }),
    batch: async () => {
      const user_list = openids.map((one) => ({ openid: one, lang: 'zh_CN' }));
      const answer = await client.postJson('/cgi-bin/user/info/batchget', { user_list });
      const { user_info_list: users } = answer.toObject<{ user_info_list: { openid: string }[] }>();
      return { value: users.map((user) => user.openid) };
    },
    ticket: async () => ({ value: await app.getTicket().getTicket() }),
    template: async () => {
      const message = { touser: openid, template_id: template, data: { first: { value: 'Noon' } } };
      const answer = await client.postJson('/cgi-bin/message/template/send', message);
      return { value: answer.toObject<{ msgid: number }>().msgid };
    },
    upload: async () => ({ value: (mediaId = await upload('/cgi-bin/media/upload')) }),
    download: async () => {
      const params = { media_id: mediaId };
      return digest(
        (await client.get('/cgi-bin/media/get', { params, responseType: 'arraybuffer' })).getContent(),
      );
    },
    'add material': async () => ({ value: (materialId = await upload('/cgi-bin/material/add_material')) }),
    'get material': async () => {
      const body = { media_id: materialId };
      const options = { responseType: 'arraybuffer' } as const;
      return digest((await client.postJson('/cgi-bin/material/get_material', body, options)).getContent());
    },
    oauth: async () => {
      const oauth = app.getOAuth();
      // The address has no setting: it is a field of the provider.
      Object.assign(oauth, { _baseUrl: `${keyBase}/sns` });
      const user = await oauth.setHttpOptions({ proxy: false }).userFromCode(code);
      return { value: { openid: user.getId(), nickname: user.getNickname() } };
    },
    push: async () => {
      const url = `/?${new URLSearchParams(push.query).toString()}`;
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- as its manual does
      app.setRequest(new ServerRequest('POST', url, { 'content-type': 'text/xml' }, push.body));
      const server = app.getServer();
      const received = new Promise<StepResult>((resolve) => {
        server.withHandler((message) => {
          resolve({
            value: {
              event: String(message.Event).toLowerCase(),
              from: String(message.FromUserName),
            },
          });
          return 'success';
        });
      });
      await server.serve();
      return received;
    },
  },
  () => infoOf(openid),
);

/** Throws the errcode: the client passes it on. */
async function infoOf(one: string): Promise<string> {
  const answer = (await client.get('/cgi-bin/user/info', { params: { openid: one } })).toObject<{
    openid?: string;
    errcode?: number;
  }>();
  if (answer.openid === undefined) throw new Error(`errcode ${answer.errcode ?? 'none'}`);
  return answer.openid;
}

async function upload(path: string): Promise<string> {
  const answer = await client.withFile(file, 'media').post(path, { params: { type: 'image' } });
  return answer.toObject<{ media_id: string }>().media_id;
}
