import { languageOf, type Language } from '../shared/platform/language.ts';
import { localPorts } from './addresses.ts';
import { faultInChinese } from './chinese.ts';
import type { LocalStack } from './stack.ts';

/** The command line is not right; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads a command line. Throws UsageError, which says where `program`, such as `npm start --`, lists its options. */
export function readArguments<T>(read: () => T, program: string): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The command line is not right';
    const fault = message.replace(' This command does not take positional arguments', '').replace(/\.$/, '');
    throw new UsageError(`${fault}. All options: ${program} --help`);
  }
}

/** A number of the command line. Throws UsageError. */
export function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${name} is a whole number.`);
  return Number(text);
}

type Ready = Pick<LocalStack, 'api' | 'simulator' | 'account' | 'apiKey' | 'awsPort'> & {
  /** The address of the console, which is good for one browser. */
  readonly console: string;
};

/** What a program reads when the stack is ready: one line. */
export function readyLine({ api, console, simulator, account, apiKey, awsPort }: Ready): string {
  return JSON.stringify({
    ready: true,
    api,
    docs: `${api}/docs`,
    console,
    simulator,
    account,
    apiKey,
    awsPort,
  });
}

/** The same for whoever looks at a terminal: what to open, and lines to paste into another one. */
export function describeStart(
  { api, console, simulator, account, apiKey, awsPort }: Ready,
  language: Language = 'en',
): string {
  const words =
    language === 'zh'
      ? [
          `已就绪。请用浏览器打开控制台：${console}`,
          `头像墙在 ${api}。按 Ctrl-C 结束。`,
          `${api}/docs 是 API 参考，可以直接试每个请求。`,
          '',
          `公众号是 ${account}，也可以写 default。在另一个终端里粘贴：`,
        ]
      : [
          `Ready. Open the console in a browser: ${console}`,
          `The avatar wall is at ${api}. Ctrl-C ends it.`,
          `${api}/docs is the API reference, where you can try each request.`,
          '',
          `The account is ${account}, or default for short. For another terminal:`,
        ];
  return [
    ...words,
    '',
    `export API=${api}`,
    ...(simulator === undefined ? [] : [`export SIM=${simulator}`]),
    `export KEY=${apiKey}`,
    // The command line finds the usual port by itself.
    ...(awsPort === localPorts({}).aws ? [] : [`export AWS_PORT=${awsPort}`]),
    '',
  ].join('\n');
}

/** Says what kept something from starting, and ends the process. `variables` say what chooses which port. */
export function giveUp(
  error: unknown,
  variables: readonly (readonly [port: number, variable: string])[],
): never {
  const message = error instanceof Error ? error.message : String(error);
  console.error(inLanguage(describePortInUse(error, variables) ?? message));
  process.exit(error instanceof UsageError ? 2 : 1);
}

/** A fault as the locale has it said: in Chinese where that is known. */
export function inLanguage(fault: string): string {
  return (languageOf(process.env) === 'zh' ? faultInChinese(fault) : undefined) ?? fault;
}

/** What to say of a disk that is full or has gone, in the middle of things; undefined for any other fault. */
export function describeStoreFault(error: Error): string | undefined {
  if (!('code' in error) || error.code !== 'LEVEL_IO_ERROR') return undefined;
  return `The tables cannot be written: ${error.message}. Start again when they can. What was answered before is kept.`;
}

function describePortInUse(
  error: unknown,
  variables: readonly (readonly [port: number, variable: string])[],
): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return undefined;
  const port = 'port' in error ? error.port : undefined;
  const variable = variables.find(([each]) => each === port)?.[1];
  if (variable === undefined) return undefined;
  return `Port ${String(port)} is in use. Choose another one with ${variable}.`;
}
