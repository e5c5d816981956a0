/** Turns the browser's notifications on and off, and says so where it refuses them. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Store } from "../store.js";
import { Notifier, notifying, refused, toggleNotifying } from "./notify.js";
import { BellIcon, Tool } from "./tool-icons.js";

/** Tells by notifications what ends in `store`; a click on one brings `view` into sight. */
export function useNotifier(store: Store, view: RefObject<HTMLElement | null>): void {
  const ending = useMemo(() => new AbortController(), []);
  const notifier = useMemo(() => {
    const look = () => view.current?.scrollIntoView({ block: "nearest" });
    return new Notifier(look, ending.signal);
  }, [ending, view]);
  useEffect(() => () => ending.abort(), [ending]);
  useSignalEffect(() => notifier.hear(store.transitions.value));
}

export function NotifyToggle() {
  // A refusal is said to who has just clicked, and not again in each view of the page.
  const asked = useSignal(false);
  const on = notifying();
  const why = refused.value;
  const click = async () => {
    await toggleNotifying();
    asked.value = true;
  };
  return (
    <span class="rw-toggled">
      <button
        type="button"
        class="rw-button rw-toggle"
        aria-pressed={on}
        title="Tells by the browser’s notifications that jobs have ended, while you look elsewhere"
        onClick={() => void click()}
      >
        <Tool word="Notify">
          <BellIcon />
        </Tool>
      </button>
      {asked.value && why && (
        <span class="rw-said" role="alert">
          {why}
        </span>
      )}
    </span>
  );
}
