/**
 * A button that opens a panel in the browser's top layer: what scrolls or clips around the
 * button, such as an output of a notebook, does not cut it off. Escape and a click elsewhere
 * close it, and the focus goes back.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useName } from "./names.js";

const GAP = 4;

/** Puts the panel under its button, or above where there is more room, inside the window. */
function placeBy(button: HTMLElement, panel: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = clientHeight - at.bottom - 2 * GAP;
  const above = at.top - 2 * GAP;
  const under = below >= Math.min(panel.scrollHeight, 240) || below >= above;
  panel.style.maxHeight = `${Math.max(under ? below : above, 80)}px`;
  const { offsetWidth: width, offsetHeight: height } = panel;
  const rtl = getComputedStyle(button).direction === "rtl";
  // Its end under the button's end: the buttons stand at the end of their line.
  // Held at that side, so that it stays there when what is in it gets narrower.
  const start = rtl ? at.left : clientWidth - at.right;
  const held = `${Math.max(GAP, Math.min(start, clientWidth - width - GAP))}px`;
  panel.style.left = rtl ? held : "auto";
  panel.style.right = rtl ? "auto" : held;
  panel.style.top = `${under ? at.bottom + GAP : at.top - height - GAP}px`;
}

interface Props {
  readonly label: ComponentChildren;
  readonly title?: string;
  /** What the panel is called to who cannot see its button. */
  readonly name: string;
  readonly class?: string;
  /** What is in it, made only while it is open. */
  readonly children: (close: () => void) => ComponentChildren;
}

export function Menu({ label, title, name, class: more = "", children }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useName();
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    const [opener, el] = [button.current, panel.current];
    if (!open || !opener || !el) return;
    const ending = new AbortController();
    const { signal } = ending;
    // Where a browser has no top layer it is a panel in its place all the same.
    el.showPopover?.();
    placeBy(opener, el);
    el.querySelector<HTMLElement>("button, input, [tabindex]")?.focus({ preventScroll: true });
    const inside = (target: EventTarget | null) =>
      target instanceof Node && (el.contains(target) || opener.contains(target));
    const onPointer = (event: Event) => {
      const [target] = event.composedPath();
      if (!inside(target ?? null)) setOpen(false);
    };
    const onScroll = (event: Event) => {
      if (!(event.target instanceof Node && el.contains(event.target))) setOpen(false);
    };
    window.addEventListener("pointerdown", onPointer, { capture: true, signal });
    window.addEventListener("scroll", onScroll, { capture: true, passive: true, signal });
    window.addEventListener("resize", () => setOpen(false), { signal });
    return () => ending.abort();
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else lineKeys(panel.current, event);
  };
  const onFocusOut = (event: FocusEvent) => {
    const to = event.relatedTarget;
    if (to instanceof Node && !panel.current?.contains(to) && to !== button.current) setOpen(false);
  };
  return (
    <span class={`rw-menu ${more}`}>
      <button
        type="button"
        class="rw-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        title={title}
        ref={button}
        onClick={() => setOpen(!open)}
      >
        {label}
        <span class="rw-caret" aria-hidden="true">
          ▾
        </span>
      </button>
      {open && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
        <div
          class="rw-popup"
          id={id}
          role="group"
          aria-label={name}
          popover="manual"
          // A click on its words, such as those of a box, must not give the focus to what is
          // around the button: then it would be closed before the click is one.
          tabIndex={-1}
          ref={panel}
          onKeyDown={onKeyDown}
          onFocusOut={onFocusOut}
        >
          {children(close)}
        </div>
      )}
    </span>
  );
}

/**
 * Moves the focus in a panel of lines by the arrow keys: up and down from line to line, to what
 * stands at the same place in it, and left and right along a line.
 */
function lineKeys(panel: HTMLElement | null, event: KeyboardEvent): void {
  const [target] = event.composedPath();
  if (!panel || !(target instanceof HTMLElement)) return;
  const lineOf = (stop: Element) => {
    const line = stop.closest("li, .rw-wrap");
    return line && panel.contains(line) ? line : stop;
  };
  const stops = [...panel.querySelectorAll<HTMLElement>("button, input:not([disabled])")];
  const lines = [...new Set(stops.map(lineOf))].map((line) =>
    stops.filter((stop) => lineOf(stop) === line),
  );
  const line = lines.findIndex((one) => one.includes(target));
  const at = lines[line]?.indexOf(target) ?? -1;
  if (at < 0) return;
  const go = (to: number) => {
    const next = lines[(to + lines.length) % lines.length];
    return next?.[Math.min(at, next.length - 1)];
  };
  const rtl = getComputedStyle(panel).direction === "rtl";
  const along = (by: number) => lines[line]?.[at + (rtl ? -by : by)];
  // In a field that is written in these move the cursor.
  const written = target instanceof HTMLInputElement && target.type !== "checkbox";
  const moves: Readonly<Record<string, () => HTMLElement | undefined>> = {
    ArrowDown: () => go(line + 1),
    ArrowUp: () => go(line - 1),
    ...(!written && {
      ArrowRight: () => along(1),
      ArrowLeft: () => along(-1),
      Home: () => go(0),
      End: () => go(-1),
    }),
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  event.stopPropagation();
  move()?.focus();
}

/** Moves the focus along the buttons of `list` by the arrow keys, Home and End. */
export function arrowKeys(list: HTMLElement | null, event: KeyboardEvent): void {
  const stops = [
    ...(list?.querySelectorAll<HTMLElement>("button:not([hidden]), input") ?? []),
  ].filter((one) => !one.hasAttribute("disabled"));
  const [target] = event.composedPath();
  const here = stops.indexOf(target as HTMLElement);
  if (here < 0) return;
  const rtl = list !== null && getComputedStyle(list).direction === "rtl";
  const forward = rtl ? "ArrowLeft" : "ArrowRight";
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: here + 1,
    ArrowUp: here - 1,
    [forward]: here + 1,
    [rtl ? "ArrowRight" : "ArrowLeft"]: here - 1,
    Home: 0,
    End: stops.length - 1,
  };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  stops[(next + stops.length) % stops.length]?.focus();
}
