import { sources } from '../places.ts';

/** VitePress makes a page of `[place].md` for each file that a page leads to. */
export default {
  paths: () => sources().map(({ place, content }) => ({ params: { place }, content })),
};
