import { readOpenApi } from '../reference/document.ts';
import { referencePages } from '../reference/pages.ts';

/** VitePress makes a page of `[area].md` for each. */
export default {
  watch: ['../../docs/openapi.json'],
  paths: () =>
    referencePages(readOpenApi(), 'en').map(({ area, content }) => ({ params: { area }, content })),
};
