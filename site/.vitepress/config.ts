import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { defineConfig } from 'vitepress';
import { readAsOnAGitHost } from '../markdown.ts';
import { rewrite, root, siteFolder, slugOf } from '../places.ts';
import { readOpenApi } from '../reference/document.ts';
import { wordsOf } from '../search.ts';
import { sidebarOf } from '../sidebar.ts';

const document = readOpenApi();
const icon = readFileSync(posix.join(root, 'web/icon.svg'), 'base64');

/** The documents as a site: `npm run docs` serves it, `npm run docs:build` writes it to `dist/docs`. */
export default defineConfig({
  title: 'WeChat Keyring',
  description: document.info.description?.split('. ')[0] ?? '',
  srcDir: '..',
  srcExclude: ['.github/**', 'dist/**', '.stryker/**', '.keyring/**', 'cdk.out/**', 'coverage/**'],
  outDir: siteFolder,
  cacheDir: posix.join(root, 'node_modules/.cache/vitepress'),
  rewrites: rewrite,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml;base64,${icon}` }]],
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    config: readAsOnAGitHost,
    anchor: { slugify: slugOf },
    // A Git host knows none of these.
    attrs: { disable: true },
  },
  vite: {
    publicDir: false,
    // It would take other pages of the repository for its own.
    optimizeDeps: { entries: [], exclude: ['mermaid'] },
    // As its makers bundled it: from its modules the build takes half as long again.
    resolve: { alias: [{ find: /^mermaid$/, replacement: 'mermaid/dist/mermaid.esm.min.mjs' }] },
    build: { chunkSizeWarningLimit: 2000 },
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        miniSearch: { options: { tokenize: wordsOf } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
              modal: {
                displayDetails: '显示详细列表',
                resetButtonTitle: '清除',
                backButtonTitle: '关闭',
                noResultsText: '没有找到',
                footer: { selectText: '打开', navigateText: '切换', closeText: '关闭' },
              },
            },
          },
        },
      },
    },
    outline: [2, 3],
    // Most pages are in one language: the switch leads to the beginning, and a pair of pages to each other at the top.
    i18nRouting: false,
  },
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      themeConfig: { sidebar: sidebarOf('en', document) },
    },
    zh: {
      label: '简体中文',
      lang: 'zh-CN',
      themeConfig: {
        sidebar: sidebarOf('zh', document),
        outline: { level: [2, 3], label: '本页内容' },
        docFooter: { prev: '上一页', next: '下一页' },
        darkModeSwitchLabel: '外观',
        lightModeSwitchTitle: '切换到浅色',
        darkModeSwitchTitle: '切换到深色',
        sidebarMenuLabel: '目录',
        returnToTopLabel: '回到顶部',
        langMenuLabel: '语言',
        skipToContentLabel: '跳到正文',
      },
    },
  },
});
