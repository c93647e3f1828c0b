/**
 * The one tool for lint and format: `npm run check` complains, `npm run fix` mends what it can.
 *
 * Prettier runs as a rule, with its options here. Every rule that is turned off says why.
 */
import { builtinModules } from 'node:module';

import js from '@eslint/js';
import prettier from 'eslint-plugin-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** White space in a template of HTML is output, not layout: it stays as it is written. */
const PRETTIER = { printWidth: 110, singleQuote: true, embeddedLanguageFormatting: 'off' };

/** Standard modules by their bare name: the `node:` prefix tells them from packages. */
const bareBuiltins = builtinModules
  .filter((name) => !name.startsWith('node:') && !name.startsWith('_'))
  .map((name) => ({ name, message: `Write node:${name}.` }));

/** Packages that have one way in. */
const onlyEntries = [
  {
    name: 'cheerio',
    message: "Its default entry is parse5, which hostile pages drive to gigabytes: use 'cheerio/slim'.",
  },
  { name: 'parse5', message: "Hostile pages drive it to gigabytes: use 'htmlparser2' or 'cheerio/slim'." },
];

const everywhere = [...bareBuiltins, ...onlyEntries];
const environment = {
  name: 'node:process',
  message: 'Use the global; only src/config.ts reads the environment.',
};

export default defineConfig(
  globalIgnores(['dist/', '.dist-*/', 'data/', 'coverage/', 'test/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    plugins: { prettier },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'prettier/prettier': ['error', PRETTIER],
      'no-restricted-imports': ['error', { paths: everywhere }],
      eqeqeq: 'error',
      'no-console': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers and booleans read well in a template; objects still must not get in.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `() => emitter.off(…)` is a sentence; what is forbidden is to use such a result.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Off: a Fastify plugin or a port is async by its signature, whether it awaits or not.
      '@typescript-eslint/require-await': 'off',
      // An empty string often counts as missing in strangers' pages: there `||` is meant.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  {
    files: ['src/**'],
    // A declaration file describes what somebody else exports.
    ignores: ['**/*.d.ts'],
    rules: {
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/config.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [...everywhere, environment] }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config.ts reads it.' },
      ],
    },
  },
  {
    files: ['test/**', 'bench/**', 'demo/**'],
    rules: {
      // Off: a test, a benchmark and a demonstration talk to the person at the terminal.
      'no-console': 'off',
      // Off: what a test reads back is checked by the assertion in the same line.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    // Plain JavaScript is not in the compiler's project; what it can know without types it still checks.
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly' } },
  },
  {
    // CommonJS on purpose: it runs before anything is installed.
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { __dirname: 'readonly' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
