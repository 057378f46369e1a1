import { bind, type Phrase } from './language.ts';

type Child = Node | string | Phrase | undefined;

/** Makes an element. A child that is a phrase becomes text in the chosen language. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  for (const child of children) {
    if (child === undefined) continue;
    made.append(typeof child === 'function' ? text(child) : child);
  }
  return made;
}

/** Text that follows the language. */
export function text(phrase: Phrase): Text {
  const node = document.createTextNode('');
  bind(node, (texts) => {
    node.data = phrase(texts);
  });
  return node;
}

/** An attribute that follows the language. */
export function label(target: Element, attribute: string, phrase: Phrase): void {
  bind(target, (texts) => target.setAttribute(attribute, phrase(texts)));
}

/** One of the drawings in index.html, as decoration. */
export function drawing(id: 'person' | 'bubble' | 'cloud'): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#${id}`);
  svg.append(use);
  return svg;
}

/** Puts `children` in place of what `target` holds. */
export function fill(target: Element, ...children: readonly Node[]): void {
  target.textContent = '';
  target.append(...children);
}

/** A button that calls `act`, and cannot be pressed again before it has finished. */
export function button(
  className: string,
  phrase: Phrase,
  act: () => Promise<void>,
  id: string,
): HTMLButtonElement {
  const made = element('button', { type: 'button', class: className, id }, phrase);
  made.addEventListener('click', () => {
    made.disabled = true;
    void act().finally(() => {
      made.disabled = false;
    });
  });
  return made;
}
