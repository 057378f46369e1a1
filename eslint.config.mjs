import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The floors: each room, and the rooms that it may import from beside itself. All of them stand higher up in this list,
 * so that no import runs up. What no room names, bench/ and test/, may import from everywhere.
 */
const rooms = {
  'shared/platform': [],
  'shared/wechat': ['shared/platform'],
  'shared/http': ['shared/platform', 'shared/wechat'],
  'shared/accounts': ['shared/platform', 'shared/wechat'],
  'shared/usage': ['shared/platform', 'shared/wechat', 'shared/accounts'],
  'shared/figures': ['shared/platform', 'shared/wechat'],
  'shared/credentials': ['shared/platform', 'shared/wechat', 'shared/accounts', 'shared/usage'],
  'shared/followers/mirror': ['shared/platform', 'shared/wechat', 'shared/accounts', 'shared/figures'],
  'shared/followers/sync': [
    'shared/platform',
    'shared/wechat',
    'shared/accounts',
    'shared/usage',
    'shared/figures',
    'shared/credentials',
    'shared/followers/mirror',
  ],
  'shared/followers/read': [
    'shared/platform',
    'shared/wechat',
    'shared/accounts',
    'shared/credentials',
    'shared/followers/mirror',
    'shared/followers/sync',
  ],
  'shared/users': [
    'shared/platform',
    'shared/wechat',
    'shared/http',
    'shared/accounts',
    'shared/followers/mirror',
  ],
  'shared/push': [
    'shared/platform',
    'shared/wechat',
    'shared/accounts',
    'shared/figures',
    'shared/credentials',
    'shared/followers/mirror',
    'shared/followers/sync',
    'shared/users',
  ],
  'shared/dropin': [
    'shared/platform',
    'shared/wechat',
    'shared/accounts',
    'shared/usage',
    'shared/credentials',
    'shared/users',
  ],
  functions: ['shared'],
  cdk: ['shared', 'functions', 'cdk.json'],
  // What listens on loopback is the same for the stand-ins for AWS, and a page is bundled and served like that of web/.
  'console/server': [
    'shared',
    'functions',
    'local/aws/http.ts',
    'local/bundle-page.ts',
    'local/served-page.ts',
  ],
  'console/page': ['shared', 'functions', 'console/server'],
  local: ['shared', 'functions', 'console/server'],
  cli: ['shared', 'functions', 'local/addresses.ts', 'console/server', 'package.json'],
  client: [],
  web: ['client'],
  package: ['shared', 'functions', 'cdk', 'local', 'cli', 'client', 'console/server', 'package.json'],
  site: ['docs'],
};

const arrows = Object.entries(rooms).map(([room, below]) => ({
  target: room,
  from: '.',
  except: [room, ...below, 'node_modules'],
  message: `${room}/ may not import from there: the floors are in eslint.config.mjs.`,
}));

export default tseslint.config(
  {
    ignores: [
      'examples/cdk-app/',
      'examples/jest-simulator/',
      '.keyring/',
      '.stryker/',
      'cdk.out/',
      'dist/',
      'coverage/',
      'client/api.ts',
      '**/*.mjs',
    ],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.json',
          './web/tsconfig.json',
          './console/page/tsconfig.json',
          './examples/page/tsconfig.json',
          './examples/vue-page/tsconfig.json',
          './site/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export by name: names are what readers search for.',
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    // What crosses an edge is parsed, never asserted: a wrong assertion is a fault that no compiler finds.
    files: ['shared/**/*.ts', 'functions/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }] },
  },
  {
    // Only entry points read the environment (functions/runtime.ts does it for all Lambdas).
    files: ['shared/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: 'Take it as a parameter.' }],
    },
  },
  {
    files: ['local/**/*.ts', 'cli/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', 'site/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // VitePress asks for a default export.
    files: ['site/.vitepress/**/*.ts', 'site/**/*.paths.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // What a .vue file exports is known to vue-tsc alone, which checks both.
    files: ['examples/vue-page/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-argument': 'off' },
  },
  {
    files: ['examples/page/*.js'],
    rules: {
      // The compiler looks for names that are not defined, as it does in TypeScript.
      'no-undef': 'off',
      // Types that stand in comments are not seen by it.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: Object.keys(rooms).map((room) => `${room}/**/*.{ts,tsx}`),
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver()],
      // Without it a circle of TypeScript files goes unseen.
      'import-x/extensions': ['.ts', '.tsx'],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: arrows }],
      'import-x/no-cycle': 'error',
    },
  },
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts', 'cdk/**/*.ts', 'console/**/*.{ts,tsx}'],
    rules: {
      complexity: ['error', { max: 15 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  prettier,
);
