/** The languages of the page, as they stand in `lang`. */
export type Language = 'zh-CN' | 'en';

/** Why something failed, as far as the page says it. */
export interface Fault {
  /** That of the client's errors, or `page`: the page itself is at fault. */
  readonly code: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;
  /** Whether the answer to it is to log in. */
  readonly needsLogin: boolean;
}

/** All that the page says. */
export interface Texts {
  readonly title: string;
  /** The language switch, in the language it leads to, and what it is called in this one. */
  readonly otherLanguage: string;
  readonly loading: string;
  readonly login: {
    readonly heading: string;
    readonly text: string;
    readonly button: string;
    readonly note: string;
    readonly onlyInWeChat: string;
    readonly loggedOut: string;
    readonly loggedOutEverywhere: string;
    readonly deleted: string;
    readonly sessionEnded: string;
  };
  readonly me: {
    readonly nameless: string;
    readonly pictureOf: (name: string) => string;
    /** @param time Unix seconds */
    readonly until: (time: number) => string;
    readonly logout: string;
    readonly logoutFailed: string;
    readonly share: string;
  };
  /** What the user can do with the login and the data. */
  readonly account: {
    readonly heading: string;
    readonly logoutEverywhere: string;
    readonly delete: string;
    readonly deleteQuestion: string;
    readonly deleteText: string;
    readonly deleteYes: string;
    readonly deleteNo: string;
    readonly deleteFailed: string;
  };
  readonly wall: {
    readonly heading: string;
    readonly loading: string;
    readonly count: (number: number) => string;
    readonly you: string;
    readonly emptyHeading: string;
    readonly emptyText: string;
    readonly lookAgain: string;
  };
  readonly fault: {
    readonly wallHeading: string;
    readonly pageHeading: string;
    readonly retry: string;
    readonly explain: (fault: Fault) => string;
  };
}

const zh: Texts = {
  title: '头像墙',
  otherLanguage: 'English',
  loading: '正在加载……',
  login: {
    heading: '大家的头像，都在这面墙上',
    text: '用微信登录，看看这面墙，也看看墙上的你。',
    button: '微信登录',
    note: '微信会询问是否提供你的昵称和头像，你可以拒绝。',
    onlyInWeChat: '请在微信中打开本页：登录只在微信内可用。',
    loggedOut: '你已退出登录。',
    loggedOutEverywhere: '你已在所有设备上退出登录。',
    deleted: '你的数据已删除。',
    sessionEnded: '登录已失效，请重新登录。',
  },
  me: {
    nameless: '微信用户',
    pictureOf: (name) => `${name}的头像`,
    until: (time) => `有效期至 ${dateOf(time).toLocaleDateString('zh-CN')}`,
    logout: '退出登录',
    logoutFailed: '退出没有成功，请再试一次。',
    share: '显示我的昵称和头像',
  },
  account: {
    heading: '登录与数据',
    logoutEverywhere: '退出所有设备',
    delete: '删除我的数据',
    deleteQuestion: '删除你的数据？',
    deleteText: '你的昵称、头像和在所有设备上的登录都会从这里删除，无法恢复。你随时可以重新登录。',
    deleteYes: '删除',
    deleteNo: '保留',
    deleteFailed: '删除没有成功，请再试一次。',
  },
  wall: {
    heading: '头像墙',
    loading: '正在加载头像……',
    count: (number) => `展示 ${number} 位关注者`,
    you: '你',
    emptyHeading: '这里还没有人',
    emptyText: '有人关注公众号后，头像就会出现在这里。',
    lookAgain: '再看一次',
  },
  fault: {
    wallHeading: '头像墙没有加载出来',
    pageHeading: '页面没有加载出来',
    retry: '重试',
    explain: ({ code, retryAfter }) => {
      switch (code) {
        case 'credential_unavailable':
          return '服务暂时没有可用的微信凭证，正在自动恢复，请几分钟后再试。';
        case 'wechat_quota':
          return `微信的调用次数暂时用完了，请${waitZh(retryAfter)}再试。`;
        case 'wechat_unreachable':
        case 'wechat_refused':
          return '微信没有给出正常的答复，请稍后再试。';
        case 'service_busy':
          return '服务正忙，请稍等片刻再试。';
        case 'account_unknown':
          return '这个公众号还没有在服务中登记。';
        case 'network':
          return '暂时连不上服务，请检查网络后再试。';
        default:
          return '服务出了点问题，请稍后再试。';
      }
    },
  },
};

const en: Texts = {
  title: 'Avatar wall',
  otherLanguage: '中文',
  loading: 'Loading…',
  login: {
    heading: 'Everyone’s picture, on one wall',
    text: 'Log in with WeChat to see the wall, and yourself on it.',
    button: 'Log in with WeChat',
    note: 'WeChat will ask whether to share your nickname and picture. You can say no.',
    onlyInWeChat: 'Please open this page in WeChat: the login works only there.',
    loggedOut: 'You are logged out.',
    loggedOutEverywhere: 'You are logged out on all devices.',
    deleted: 'Your data is deleted.',
    sessionEnded: 'Your session has ended. Please log in again.',
  },
  me: {
    nameless: 'WeChat user',
    pictureOf: (name) => `Picture of ${name}`,
    until: (time) => {
      const date = dateOf(time).toLocaleDateString('en', { year: 'numeric', month: 'short', day: 'numeric' });
      return `Until ${date}`;
    },
    logout: 'Log out',
    logoutFailed: 'Logging out did not work. Please try again.',
    share: 'Show my name and picture',
  },
  account: {
    heading: 'Your login and your data',
    logoutEverywhere: 'Log out on all devices',
    delete: 'Delete my data',
    deleteQuestion: 'Delete your data?',
    deleteText:
      'Your name, your picture and your logins on all devices are deleted here, for good. You can log in again at any time.',
    deleteYes: 'Delete',
    deleteNo: 'Keep',
    deleteFailed: 'Deleting did not work. Please try again.',
  },
  wall: {
    heading: 'Avatar wall',
    loading: 'Loading the pictures…',
    count: (number) => `Showing ${number === 1 ? '1 follower' : `${number} followers`}`,
    you: 'You',
    emptyHeading: 'Nobody here yet',
    emptyText: 'As soon as people follow the account, their pictures appear here.',
    lookAgain: 'Look again',
  },
  fault: {
    wallHeading: 'The wall did not load',
    pageHeading: 'The page did not load',
    retry: 'Try again',
    explain: ({ code, retryAfter }) => {
      switch (code) {
        case 'credential_unavailable':
          return 'The service has no valid access to WeChat at the moment. It recovers by itself: please try again in a few minutes.';
        case 'wechat_quota':
          return `The number of calls that WeChat allows is used up. Please try again ${waitEn(retryAfter)}.`;
        case 'wechat_unreachable':
        case 'wechat_refused':
          return 'WeChat gave no usable answer. Please try again in a moment.';
        case 'service_busy':
          return 'The service is busy. Please try again in a moment.';
        case 'account_unknown':
          return 'This account is not registered with the service.';
        case 'network':
          return 'The service cannot be reached. Please check your connection and try again.';
        default:
          return 'The service has a problem at the moment. Please try again later.';
      }
    },
  },
};

const all: Readonly<Record<Language, Texts>> = { 'zh-CN': zh, en };

export function textsIn(language: Language): Texts {
  return all[language];
}

function dateOf(time: number): Date {
  return new Date(time * 1000);
}

function waitZh(seconds: number | undefined): string {
  if (seconds === undefined) return '稍后';
  return seconds < 5400 ? `在约 ${minutes(seconds)} 分钟后` : `在约 ${hours(seconds)} 小时后`;
}

function waitEn(seconds: number | undefined): string {
  if (seconds === undefined) return 'later';
  if (seconds < 5400) return minutes(seconds) === 1 ? 'in a minute' : `in about ${minutes(seconds)} minutes`;
  return `in about ${hours(seconds)} hours`;
}

function minutes(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / 60));
}

function hours(seconds: number): number {
  return Math.ceil(seconds / 3600);
}
