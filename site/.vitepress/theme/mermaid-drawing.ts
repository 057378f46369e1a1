import { useData } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

/** How many drawings there have been: each has an id of its own, by which its style finds it. */
let drawings = 0;

/**
 * A drawing in Mermaid, in the colours of the page. Its text stands there until it is drawn, and for whoever runs no
 * scripts. Mermaid is loaded by pages that have a drawing, and by no other.
 */
export const MermaidDrawing = defineComponent(
  ({ text }: { readonly text: string }) => {
    const { isDark } = useData();
    const svg = ref<string>();

    async function draw() {
      const dark = isDark.value;
      const { default: mermaid } = await import('mermaid');
      mermaid.initialize({
        startOnLoad: false,
        // An error is the page's to show, not a picture at its end.
        suppressErrorRendering: true,
        theme: dark ? 'dark' : 'default',
        fontFamily: 'inherit',
        // Mermaid's own choice loads 1.6 MB more.
        layout: 'dagre',
        // Narrow, so that the words stay large. A participant has room for the name of a file.
        sequence: { wrap: true, width: 160, actorMargin: 8, actorFontSize: 13, messageFontSize: 15 },
      });
      const drawn = await mermaid.render(`drawing-${String(++drawings)}`, text);
      if (dark === isDark.value) svg.value = drawn.svg;
    }

    onMounted(() => watch(isDark, draw, { immediate: true }));
    return () =>
      svg.value === undefined
        ? h('pre', { class: 'drawing' }, text)
        : h('div', { class: 'drawing', innerHTML: svg.value });
  },
  { props: ['text'] },
);
