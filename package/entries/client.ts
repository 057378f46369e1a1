// wechat-keyring/client: the API for browsers and back ends.
export * from '../../client/index.ts';
