import { useData } from 'vitepress';
import { computed, defineComponent, h, ref } from 'vue';

const labels = { en: ['Copy', 'Copied'], zh: ['复制', '已复制'] } as const;

/** A command in a sentence, with a button that copies it. A command in a block has VitePress's own. */
export const CopyCommand = defineComponent((_, { slots }) => {
  const { lang } = useData();
  const command = ref<HTMLElement>();
  const copied = ref(false);
  const label = computed(() => labels[lang.value.startsWith('zh') ? 'zh' : 'en'][copied.value ? 1 : 0]);

  async function copy() {
    await navigator.clipboard.writeText((command.value?.textContent ?? '').replaceAll(/\s+/g, ' ').trim());
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, 2000);
  }

  return () =>
    h('span', { class: 'command' }, [
      h('span', { ref: command }, slots['default']?.()),
      h('button', {
        type: 'button',
        class: { copied: copied.value },
        title: label.value,
        'aria-label': label.value,
        onClick: copy,
      }),
    ]);
});
