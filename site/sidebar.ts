import type { DefaultTheme } from 'vitepress';
import { addressOf, pages } from './places.ts';
import { areasOf, type OpenApi } from './reference/document.ts';
import type { Language } from './reference/words.ts';

interface Group {
  readonly title: Readonly<Record<Language, string>>;
  /** The file of each page, with what it is called. */
  readonly pages: readonly (readonly [file: string, en: string, zh: string])[];
}

/** What users read, and then what those read who work on the service. */
const groups: readonly Group[] = [
  {
    title: { en: 'Get started', zh: '入门' },
    pages: [
      ['README.md', 'WeChat Keyring', 'WeChat Keyring'],
      ['docs/console.md', 'The console', '控制台'],
      ['docs/simulator.md', 'The simulator', '微信模拟器'],
      ['docs/glossary.md', 'Glossary', '词汇表'],
    ],
  },
  {
    title: { en: 'How to', zh: '操作指南' },
    pages: [
      ['docs/how-to/wxjava.md', 'WxJava behind Keyring', '让 WxJava 通过 Keyring 取 token'],
      ['docs/how-to/vue-login.md', 'A login in Vue', '在 Vue 页面里登录'],
      ['docs/how-to/subscribe-event.md', 'Acting on a subscribe event', '处理关注事件'],
      ['docs/how-to/first-deployment.md', 'The first deployment', '第一次部署'],
    ],
  },
  {
    title: { en: 'Use it', zh: '使用' },
    pages: [
      ['docs/drop-in.md', 'The drop-in for SDKs', '直接接入 SDK'],
      ['docs/broker.md', 'The token for back ends', '中控'],
      ['docs/followers.md', 'Followers', '关注者'],
      ['docs/events.md', 'Message pushes', '消息推送'],
      ['docs/package.md', 'The package', 'npm 包'],
      ['docs/clients.md', 'Clients', '客户端'],
      ['docs/sdks.md', 'SDKs', '测试过的 SDK'],
      ['examples/README.md', 'Examples', '示例'],
    ],
  },
  {
    title: { en: 'Run it', zh: '运维' },
    pages: [
      ['docs/deploy.md', 'Deployment', '部署'],
      ['docs/operations.md', 'Operations', '日常运维'],
      ['docs/runbook.md', 'Runbook', '处理手册'],
      ['docs/troubleshooting.md', 'Troubleshooting', '排查问题'],
      ['docs/upgrading.md', 'Upgrading', '升级'],
      ['docs/costs.md', 'Costs', '费用'],
      ['docs/logs.md', 'Logs and metrics', '日志和指标'],
      ['docs/privacy.md', 'Privacy', '个人数据'],
      ['SECURITY.md', 'Security policy', '安全策略'],
      ['CHANGELOG.md', 'Changelog', '更新记录'],
    ],
  },
  {
    title: { en: 'Work on it', zh: '参与开发' },
    pages: [
      ['CONTRIBUTING.md', 'Contributing', '参与开发'],
      ['docs/architecture.md', 'Architecture', '架构'],
      ['docs/refresh-protocol.md', 'The refresh protocol', '刷新协议'],
      ['docs/model.md', 'The model', '协议模型'],
      ['docs/mutation.md', 'Mutation testing', '变异测试'],
      ['docs/security.md', 'Permissions', '每个函数的权限'],
      ['docs/benchmarks.md', 'Benchmarks', '性能测试'],
      ['docs/adr', 'Decisions', '设计决定'],
    ],
  },
];

/** The sidebar of a language. A page that there is in English alone says so. */
export function sidebarOf(language: Language, document: OpenApi): DefaultTheme.SidebarItem[] {
  const items = groups.map((group) => itemOf(group, language));
  return items.toSpliced(3, 0, referenceItem(language, document));
}

function itemOf({ title, pages: entries }: Group, language: Language): DefaultTheme.SidebarItem {
  return {
    text: title[language],
    items: entries.map(([file, en, zh]) => {
      const chinese = file.startsWith('docs/')
        ? file.replace('docs/', 'docs/zh/')
        : file.replace('.md', '.zh-CN.md');
      if (language === 'en') return { text: en, link: addressOf(file, '') };
      return pages.includes(chinese) && chinese !== file
        ? { text: zh, link: addressOf(chinese, '') }
        : { text: `${zh}（英文）`, link: addressOf(file, '') };
    }),
  };
}

function referenceItem(language: Language, document: OpenApi): DefaultTheme.SidebarItem {
  const start = language === 'en' ? '/api/' : '/zh/api/';
  return {
    text: language === 'en' ? 'API' : 'API 参考',
    collapsed: true,
    items: [
      { text: language === 'en' ? 'Overview' : '概览', link: start },
      ...areasOf(document).map(({ name }) => ({ text: name, link: `${start}${name}.html` })),
      { text: language === 'en' ? 'Data types' : '数据结构', link: `${start}shapes.html` },
    ],
  };
}
