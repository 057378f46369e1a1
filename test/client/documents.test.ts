import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileScript, parse } from 'vue/compiler-sfc';

const root = fileURLToPath(new URL('../../', import.meta.url));
const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  paths: { 'wechat-keyring/client': [`${root}client/index.ts`] },
  types: ['node', 'vite/client'],
};

const files = ts.createCompilerHost(options);
/** Those of the libraries, which are the same for each page. */
const read = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of modules of a project that has installed the client, by their names. */
function complaints(modules: Readonly<Record<string, string>>): [string, string][] {
  const codeOf = (path: string) => (path.startsWith(root) ? modules[path.slice(root.length)] : undefined);
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (path) => codeOf(path) !== undefined || files.fileExists(path),
    getSourceFile: (path, version) => {
      const code = codeOf(path);
      if (code !== undefined) return ts.createSourceFile(path, code, version);
      if (!read.has(path)) read.set(path, files.getSourceFile(path, version));
      return read.get(path);
    },
  };
  const paths = Object.keys(modules).map((name) => root + name);
  return ts
    .getPreEmitDiagnostics(ts.createProgram(paths, options, host))
    .map(({ file, messageText }) => [
      file?.fileName.slice(root.length) ?? '',
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    ]);
}

test('the compiler finds nothing in the programs of docs/clients.md, and a call that is not there', () => {
  const document = readFileSync(`${root}docs/clients.md`, 'utf8');
  const [page = '', backEnd = '', leaving = '', ...others] = [...document.matchAll(/```ts\n(.*?)```/gs)].map(
    ([, code]) => code,
  );
  expect(others).toEqual([]);
  const wrong = backEnd.replace('keyring.token()', 'keyring.secret()');
  expect(
    complaints({ 'page.ts': page, 'back-end.ts': backEnd, 'leaving.ts': leaving, 'wrong.ts': wrong }),
  ).toEqual([['wrong.ts', "Property 'secret' does not exist on type 'Keyring'."]]);
});

/** The component of docs/how-to/vue-login.md as TypeScript, its template included. */
function vueLogin(): string {
  const document = readFileSync(`${root}docs/how-to/vue-login.md`, 'utf8');
  const [, component = ''] = /^ {3}```vue\n(.*?)^ {3}```$/ms.exec(document) ?? [];
  const { descriptor } = parse(component.replaceAll(/^ {3}/gm, ''));
  return compileScript(descriptor, { id: 'App', inlineTemplate: true }).content;
}

test('the compiler finds nothing in the page of docs/how-to/vue-login.md, and a member that is not there', () => {
  const page = vueLogin();
  const wrong = page.replaceAll('.nickname', '.nickName');
  expect(complaints({ 'page.ts': page, 'wrong.ts': wrong })).toEqual([
    ['wrong.ts', expect.stringContaining("Property 'nickName' does not exist on type")],
  ]);
});
