import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Regular expressions over import specifiers. */
const INTO = {
  app: String.raw`^\.{1,2}/(.*/)?app/`,
  state: String.raw`^\.{1,2}/(.*/)?state/`,
  pipelineClient: String.raw`/pipelineClient(\.ts)?$`,
  workers: String.raw`^\.{1,2}/(.*/)?workers/`,
  stages: String.raw`^\.{1,2}/(.*/)?(stages/|generateVideo|pipeline\.worker)`,
  pageCode: String.raw`^\.{1,2}/(.*/)?src/(?!shared/)`,
  anyPackage: String.raw`^[^.]`,
  compare: String.raw`^\.{1,2}/(.*/)?compare/`,
  react: '^react(-dom)?(/|$)',
  comlink: '^comlink$',
  inference: '^onnxruntime-',
  muxer: '^mp4-muxer$',
};

const MUXER_ONLY_IN_ENCODER = {
  regex: INTO.muxer,
  message: 'mp4-muxer is no longer developed: only workers/stages/encodeMp4.ts may import it.',
};

/**
 * The import arrows: app -> state -> pipelineClient -> shared; workers/stages -> sampling, runtime,
 * shared; sampling -> shared only.
 *
 * @param {string[]} files
 * @param {string} message what the folder may import
 * @param {string[]} forbidden
 * @returns {import('eslint').Linter.Config}
 */
function arrows(files, message, forbidden) {
  const patterns = forbidden.map((regex) => ({ regex, message }));
  return {
    files,
    rules: {
      'no-restricted-imports': ['error', { patterns: [...patterns, MUXER_ONLY_IN_ENCODER] }],
    },
  };
}

/** @type {import('eslint').Linter.Config[]} */
const importArrows = [
  arrows(['**/*'], 'Not allowed here.', []),
  arrows(['src/app/**'], 'app imports state, export and shared.', [
    INTO.compare,
    INTO.pipelineClient,
    INTO.workers,
    INTO.comlink,
    INTO.inference,
  ]),
  arrows(['src/compare/**'], 'compare imports app, state/preferences and shared.', [
    INTO.pipelineClient,
    INTO.workers,
    INTO.comlink,
    INTO.inference,
    String.raw`/state/(?!preferences)`,
  ]),
  arrows(['src/compare/study/**'], 'study is pure: no page, no React.', [
    String.raw`^\.\./`,
    INTO.anyPackage,
  ]),
  arrows(['src/state/**'], 'state imports pipelineClient, export and shared.', [
    INTO.app,
    INTO.workers,
    INTO.comlink,
    INTO.inference,
    INTO.react,
  ]),
  arrows(['src/pipelineClient.ts', 'src/export/**'], 'Only shared may be imported here.', [
    INTO.app,
    INTO.state,
    INTO.workers,
    INTO.inference,
    INTO.react,
  ]),
  arrows(['src/shared/**'], 'shared stands alone: both threads and Node read it.', [
    String.raw`^\.\./`,
    INTO.anyPackage,
  ]),
  arrows(['workers/**'], 'Worker code imports src/shared, never page code.', [
    INTO.pageCode,
    INTO.react,
  ]),
  arrows(['workers/runtime/**'], 'runtime imports sampling and shared, not the stages.', [
    INTO.pageCode,
    INTO.react,
    INTO.stages,
  ]),
  arrows(['workers/sampling/**'], 'sampling is pure: it imports shared only.', [
    String.raw`^\.\./(?!.*src/shared/)`,
    INTO.pageCode,
    INTO.anyPackage,
  ]),
  {
    files: ['workers/stages/encodeMp4.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: INTO.pageCode }] }] },
  },
];

export default defineConfig(
  globalIgnores(['dist/', 'training/data/', 'public/models/', '**/.venv/', '.cache/']),
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  { files: ['src/**/*.{ts,tsx}'], extends: [reactHooks.configs.flat['recommended-latest']] },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { ...globals.node } },
    rules: {
      // JSDoc types only: these need annotations that JavaScript has no short form for.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['training/**/*.{js,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { ...globals.browser } },
  },
  importArrows,
);
