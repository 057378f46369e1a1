import { defineComponent, h } from 'vue';
import address from '../../../docs/openapi.json?url&no-inline';

/** A link to the OpenAPI document as it is. */
export const DownloadOpenApi = defineComponent(
  (_, { slots }) =>
    () =>
      h('a', { href: address, download: 'openapi.json' }, slots['default']?.()),
);
