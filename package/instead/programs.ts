/** How the package's programs are started. */
export const programs: typeof import('../../shared/platform/programs.ts').programs = {
  keyring: 'npx wechat-keyring',
  completed: 'wechat-keyring',
  start: 'npx wechat-keyring start',
  startWith: 'npx wechat-keyring start',
  simulatorWith: 'npx wechat-keyring simulator',
};
