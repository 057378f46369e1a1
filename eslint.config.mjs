import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['.keyring/', '.stryker/', 'cdk.out/', 'dist/', 'coverage/', '**/*.mjs'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './web/tsconfig.json', './examples/page/tsconfig.json'],
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
    files: ['local/**/*.ts', 'cli/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: { 'no-console': 'off' },
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
  prettier,
);
