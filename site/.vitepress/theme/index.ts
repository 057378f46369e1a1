import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { CopyCommand } from './copy-command.ts';
import { DownloadOpenApi } from './download-openapi.ts';
import { MermaidDrawing } from './mermaid-drawing.ts';
import './style.css';

/** VitePress's own, with the reader's fonts: none is loaded. */
export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app
      .component('CopyCommand', CopyCommand)
      .component('DownloadOpenApi', DownloadOpenApi)
      .component('MermaidDrawing', MermaidDrawing);
  },
} satisfies Theme;
