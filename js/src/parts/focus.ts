/** The focus never falls to the page's body when what had it is taken away. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Whether `part`, or something in it, has the focus; in a shadow tree too. */
export function hasFocus(part: HTMLElement | null): boolean {
  if (!part) return false;
  const { activeElement } = part.getRootNode() as Document | ShadowRoot;
  return part.contains(activeElement);
}

/** Also to what takes no focus by itself; a click on it must not, or it would take the keys. */
function give(heir: HTMLElement | null | undefined): void {
  if (!heir) return;
  if (heir.tabIndex < 0) {
    heir.tabIndex = -1;
    heir.addEventListener("blur", () => heir.removeAttribute("tabindex"), { once: true });
  }
  heir.focus();
}

/** When this rendering takes away one of `parts` with the focus in it, `heir` gets the focus. */
export function useHeir(
  parts: readonly RefObject<HTMLElement | null>[],
  gone: boolean,
  heir: () => HTMLElement | null | undefined,
): void {
  // Read while rendering, when the parts still stand: in an effect they do not.
  const lost = gone && parts.some((part) => hasFocus(part.current));
  useLayoutEffect(() => {
    if (lost) give(heir());
  });
}
