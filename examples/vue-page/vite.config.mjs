import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';

export default {
  plugins: [vue()],
  // In a project of your own, `npm install wechat-keyring` has it found.
  resolve: {
    alias: { 'wechat-keyring/client': fileURLToPath(new URL('../../client/index.ts', import.meta.url)) },
  },
  server: { host: 'localhost', port: 5173, strictPort: true },
};
