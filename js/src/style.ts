/** Puts the style sheet where the view is: once a document, or once a shadow root. */
import css from "../style/views.css";

const MARK = "data-rw-style";

export function addStyle(el: Element): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  // A kernel restarted with another version brings another sheet: the newest counts.
  const old = home.querySelector(`style[${MARK}]`);
  if (old?.textContent === css) return;
  const style = document.createElement("style");
  style.setAttribute(MARK, "");
  style.textContent = css;
  old?.remove();
  home.prepend(style);
}
