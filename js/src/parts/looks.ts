/** Tells the kernel whether anybody can see a view: what nobody sees is asked for less often. */
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Actions } from "../actions.js";

/**
 * A view is taken to be seen until it is not: in a hidden tab, or scrolled out of sight. While
 * there is nothing to `watch` for, such as for a job that has ended, nothing is told.
 */
export function useLooks(
  actions: Actions,
  root: RefObject<HTMLElement | null>,
  ids: readonly string[],
  watch = true,
): void {
  const all = ids.join(" ");
  useEffect(() => {
    const el = root.current;
    if (!el || !watch) return;
    const ending = new AbortController();
    let onScreen = true;
    let told = false;
    const tell = () => {
      const hidden = document.hidden || !onScreen;
      if (hidden !== told) actions.look(all ? all.split(" ") : [], hidden);
      told = hidden;
    };
    const observer = new IntersectionObserver((entries) => {
      onScreen = entries.at(-1)?.isIntersecting ?? onScreen;
      tell();
    });
    observer.observe(el);
    document.addEventListener("visibilitychange", tell, { signal: ending.signal });
    return () => {
      observer.disconnect();
      ending.abort();
    };
  }, [actions, root, all, watch]);
}
