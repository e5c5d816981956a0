/** Tabs as ARIA has them: arrows go from one to the next, and Enter or a click opens it. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useName } from "../parts/names.js";

interface Props<K extends string> {
  readonly tabs: readonly (readonly [K, string])[];
  /** Which is open. */
  readonly shown: K;
  readonly onOpen: (key: K) => void;
  readonly label: string;
  readonly children: ComponentChildren;
}

/** Where a key leads from place `at` of `count`; null for a key that is none of ours. */
function target(key: string, at: number, count: number, rtl: boolean): number | null {
  const step = rtl ? -1 : 1;
  if (key === "ArrowRight") return (at + step + count) % count;
  if (key === "ArrowLeft") return (at - step + count) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}

export function Tabs<K extends string>({ tabs, shown, onOpen, label, children }: Props<K>) {
  const name = useName();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('[role="tab"]') ?? [])];
    const at = buttons.indexOf(event.target as HTMLElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const rtl = getComputedStyle(buttons[at] as HTMLElement).direction === "rtl";
    const to = target(event.key, at, buttons.length, rtl);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[to]?.focus();
  };
  return (
    <>
      <div class="rw-tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(([key, title]) => (
          <button
            key={key}
            type="button"
            class="rw-tab"
            role="tab"
            id={`${name}-${key}`}
            aria-selected={key === shown}
            aria-controls={`${name}-panel`}
            tabIndex={key === shown ? 0 : -1}
            onClick={() => onOpen(key)}
          >
            {title}
          </button>
        ))}
      </div>
      <div
        class="rw-tabpanel"
        role="tabpanel"
        id={`${name}-panel`}
        aria-labelledby={`${name}-${shown}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel is reached from its tab by Tab
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}
