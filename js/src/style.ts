/** Puts a style sheet where the view is: once a document, or once a shadow root. */

const MARK = "data-rw-style";

/** `name` tells one sheet from another: a newer one of the same name takes its place. */
export function addStyle(el: Element, name: string, css: string): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  // A kernel restarted with another version brings another sheet: the newest counts.
  const old = home.querySelector(`style[${MARK}="${name}"]`);
  if (old?.textContent === css) return;
  const style = document.createElement("style");
  style.setAttribute(MARK, name);
  style.textContent = css;
  // In the order in which they were first added: what a view has of its own counts more.
  const last = [...home.querySelectorAll(`style[${MARK}]`)].at(-1);
  if (old) old.replaceWith(style);
  else if (last) last.after(style);
  else home.prepend(style);
}
