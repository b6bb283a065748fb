// Elements in one line each: `el('p', { className: 'note' }, 'text', other)`.

type Child = Node | string

/** An element with properties and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** Replaces what an element holds; the element is shown when there is anything. */
export function fill(element: HTMLElement, ...children: readonly Child[]): void {
  element.replaceChildren(...children)
  element.hidden = children.length === 0
}
