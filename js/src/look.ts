/** Tells the kernel what is looked at: what nobody sees is not asked for. */
import type { ReadonlySignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Actions } from "./actions.js";

// While somebody scrolls, what passes by is not looked at.
const SETTLED_MS = 250;

/** Whether somebody can see `el`: it is on the screen, and the page is not hidden. */
export function watchVisible(
  el: HTMLElement,
  tell: (visible: boolean) => void,
  until: AbortSignal,
): void {
  let onScreen = true;
  const say = () => tell(onScreen && !document.hidden);
  const observer = new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? onScreen;
    say();
  });
  observer.observe(el);
  document.addEventListener("visibilitychange", say, { signal: until });
  until.addEventListener("abort", () => observer.disconnect());
  say();
}

/** Says which jobs are on the screen, when that has settled and is another than before. */
export function useLook(
  actions: Actions,
  visible: ReadonlySignal<boolean>,
  ids: ReadonlySignal<readonly string[]>,
): void {
  useEffect(() => {
    let told = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      const [hidden, looked] = [!visible.peek(), ids.peek()];
      const now = hidden ? "hidden" : looked.join("\n");
      if (now === told) return;
      told = now;
      actions.look(hidden ? [] : looked, hidden);
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(tell, SETTLED_MS);
    };
    const stops = [visible.subscribe(later), ids.subscribe(later)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [actions, visible, ids]);
}

/**
 * Says whether a view that has no rows to scroll is in sight. Where there is nothing to `watch`
 * for, such as of a job that has ended, nothing is said.
 */
export function useSight(
  actions: Actions,
  root: RefObject<HTMLElement | null>,
  ids: readonly string[],
  watch = true,
): void {
  const all = ids.join("\n");
  useEffect(() => {
    const el = root.current;
    if (!el || !watch) return;
    const ending = new AbortController();
    let told: boolean | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (visible: boolean) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (visible !== told) actions.look(all && visible ? all.split("\n") : [], !visible);
        told = visible;
      }, SETTLED_MS);
    };
    watchVisible(el, tell, ending.signal);
    return () => {
      clearTimeout(timer);
      ending.abort();
      if (told) actions.look([], true);
    };
  }, [actions, root, all, watch]);
}
