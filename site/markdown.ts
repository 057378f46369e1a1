import { posix } from 'node:path';
import type { MarkdownOptions } from 'vitepress';
import { addressOf, root } from './places.ts';

type MarkdownIt = Parameters<NonNullable<MarkdownOptions['config']>>[0];
type Token = ReturnType<MarkdownIt['parse']>[number];

/** A command that is whole: a name in angle brackets stands for something that the reader has to fill in. */
const command = /^(?:npm|npx|curl|aws|cdk) [^<]+$/;

/**
 * Has Markdown written for a Git host make pages of the site: links lead to the site's addresses, HTML finds its
 * pictures, drawings in Mermaid are drawn, and each command in a sentence can be copied.
 */
export function readAsOnAGitHost(md: MarkdownIt): void {
  md.core.ruler.push('addresses', ({ tokens, env }) => {
    const { realPath, path } = env as { realPath?: string; path: string };
    const page = posix.relative(root, realPath ?? path);
    for (const token of tokens.flatMap((each) => [each, ...(each.children ?? [])])) rewrite(token, page);
  });
  md.renderer.rules.text = (tokens, index) => plain(md.utils.escapeHtml(tokens[index]?.content ?? ''));
  const inlineCode = md.renderer.rules.code_inline;
  md.renderer.rules.code_inline = (tokens, index, options, env, self) => {
    const text = tokens[index]?.content ?? '';
    const html = plain(inlineCode?.(tokens, index, options, env, self) ?? md.utils.escapeHtml(text));
    return command.test(text) ? `<CopyCommand>${html}</CopyCommand>` : html;
  };
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info = '', content = '' } = tokens[index] ?? {};
    if (info.trim() === 'mermaid') return `<MermaidDrawing text="${md.utils.escapeHtml(content)}" />`;
    return fence?.(tokens, index, options, env, self) ?? '';
  };
}

/** HTML in which Vue finds no expression of its own: braces are just braces on a Git host. */
function plain(html: string): string {
  return html.replaceAll('{{', '&#123;{');
}

function rewrite(token: Token, page: string): void {
  if (token.type === 'link_open') token.attrSet('href', addressOf(token.attrGet('href') ?? '', page));
  // A bundler looks for files where an address begins with a dot, Git hosts take either.
  if (token.type === 'html_inline' || token.type === 'html_block') {
    token.content = token.content.replaceAll(/\bsrc="(?![./]|[a-z]+:)/g, 'src="./');
  }
}
