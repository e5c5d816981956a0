/**
 * The table of jobs: only the lines on the screen are in the page. One line, or one header, has
 * the keys; what happens to its job never takes them away.
 */
import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { useLook, watchVisible } from "../look.js";
import { hasFocus } from "../parts/focus.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import { Head } from "./head.js";
import { type Item, type Items, keyOf } from "./items.js";
import type { Layout } from "./layout.js";
import { GroupLine, JobLine, type JobProps } from "./line.js";
import { LINE_HEIGHT, Window } from "./window.js";

interface Props {
  readonly store: Store;
  readonly engine: Engine;
  readonly layout: Layout;
  readonly actions: Actions;
  /** Whose details are shown. */
  readonly open: Signal<string | null>;
  readonly onOpen: (id: string) => void;
}

/** Where the keys are: on a header, or on the line of an item. */
type Focus =
  | { readonly header: number }
  | { readonly header: null; readonly key: string; readonly index: number };

const START: Focus = { header: null, key: "", index: 0 };

/** Where the focus is now: with its item, or where that was when it is gone. */
function place(items: Items, focus: Focus): number {
  if (focus.header !== null) return -1;
  if (!items.length) return -1;
  const found = focus.key ? items.indexOf(focus.key) : -1;
  return found >= 0 ? found : Math.min(focus.index, items.length - 1);
}

function useWidth(el: { current: HTMLElement | null }) {
  const width = useSignal(900);
  useLayoutEffect(() => {
    const self = el.current;
    if (!self) return;
    const measure = () => {
      if (self.clientWidth) width.value = self.clientWidth;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(self);
    measure();
    return () => observer.disconnect();
  }, [el, width]);
  return width;
}

function useVisible(el: { current: HTMLElement | null }) {
  const visible = useSignal(true);
  useEffect(() => {
    const ending = new AbortController();
    const tell = (is: boolean) => {
      visible.value = is;
    };
    if (el.current) watchVisible(el.current, tell, ending.signal);
    return () => ending.abort();
  }, [el, visible]);
  return visible;
}

/** The jobs that are selected when a line is: its own, or all of its group. */
function jobsOf(item: Item, store: Store): readonly string[] {
  if (item.kind === "job") return [item.id];
  return Array.from(item.group.slots, (slot) => store.columns.ids[slot] ?? "").filter(Boolean);
}

/** Lines of jobs as they were rendered: one that says the same again is not rendered again. */
function useKeptLines() {
  const kept = useRef(new Map<string, { props: JobProps; line: VNode }>());
  const seen = new Map<string, { props: JobProps; line: VNode }>();
  useLayoutEffect(() => {
    kept.current = seen;
  });
  return (key: string, props: JobProps): VNode => {
    const old = kept.current.get(key);
    const same =
      old && Object.entries(props).every(([k, v]) => old.props[k as keyof JobProps] === v);
    const line = same ? old.line : <JobLine key={key} {...props} />;
    seen.set(key, { props, line });
    return line;
  };
}

function focusIn(grid: HTMLElement | null, selector: string): void {
  grid?.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
}

export function Grid({ store, engine, layout, actions, open, onOpen }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const view = useMemo(() => new Window(() => scroller.current), []);
  const focus = useSignal<Focus>(START);
  // Where a selection by Shift begins.
  const anchor = useRef<string | null>(null);
  const keep = useKeptLines();
  const width = useWidth(scroller);
  useSignalEffect(() => {
    layout.room.value = width.value;
  });
  const visible = useVisible(scroller);
  useEffect(() => view.begin(), [view]);
  useLayoutEffect(() => view.rendered());

  const fit = useComputed(() => layout.fit(width.value)).value;
  const items = engine.items.value;
  const at = place(items, focus.value);
  const lines = view.lines(items.length, at);
  const onScreen = useComputed(() => {
    const range = view.onScreen;
    return range ? [...engine.items.value.jobs(range[0], Math.min(range[1], range[0] + 200))] : [];
  });
  useLook(actions, visible, onScreen);

  // A line that is moved, or is no more, gives the focus to the one where the keys are. Read
  // while rendering, when it still stands: in the effect it does not.
  const focused = hasFocus(scroller.current);
  useLayoutEffect(() => {
    const lost = focused && !hasFocus(scroller.current);
    if (lost && at >= 0) focusIn(scroller.current, `[data-index="${at}"]`);
  });

  const goTo = (index: number) => {
    const next = Math.max(0, Math.min(index, items.length - 1));
    const item = items.at(next);
    if (!item) return;
    focus.value = { header: null, key: keyOf(item), index: next };
    view.show(next);
    // After it is in the page, and again when the scrolling has brought it there.
    requestAnimationFrame(() => focusIn(scroller.current, `[data-index="${next}"]`));
  };
  const goToHeader = (header: number) => {
    const next = Math.max(0, Math.min(header, fit.columns.length));
    focus.value = { header: next };
    requestAnimationFrame(() => focusIn(scroller.current, `[data-header="${next}"]`));
  };
  const selectTo = (index: number) => {
    const from = anchor.current === null ? at : items.indexOf(anchor.current);
    engine.selectRange(from < 0 ? index : from, index);
  };
  const toggle = (item: Item) => {
    const jobs = jobsOf(item, store);
    const { selected } = engine;
    const all = jobs.every((id) => selected.value.has(id));
    const others = all ? new Set(jobs) : null;
    engine.select(
      others ? [...selected.value].filter((id) => !others.has(id)) : [...selected.value, ...jobs],
    );
    anchor.current = keyOf(item);
  };
  const enter = (item: Item) => {
    if (item.kind === "group") engine.toggleGroup(item.group.value);
    else onOpen(item.id);
  };
  /** Goes through what can be pressed in a line. */
  const inside = (line: HTMLElement, step: number) => {
    const all = [line, ...line.querySelectorAll<HTMLElement>("input, a, button")];
    const root = line.getRootNode() as Document | ShadowRoot;
    const from = all.indexOf(root.activeElement as HTMLElement);
    all[Math.max(0, Math.min(from + step, all.length - 1))]?.focus();
  };

  const onLineKey = (event: KeyboardEvent, line: HTMLElement): boolean => {
    const index = Number(line.dataset.index);
    const item = items.at(index);
    if (!item) return false;
    const rtl = getComputedStyle(line).direction === "rtl";
    const forward = rtl ? "ArrowLeft" : "ArrowRight";
    const back = rtl ? "ArrowRight" : "ArrowLeft";
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -view.page,
      PageDown: view.page,
      Home: -items.length,
      End: items.length,
    };
    const step = steps[event.key];
    if (step !== undefined && !event.altKey) {
      if (event.key === "ArrowUp" && index === 0 && !event.shiftKey) goToHeader(1);
      else {
        const next = Math.max(0, Math.min(index + step, items.length - 1));
        if (event.shiftKey) {
          anchor.current ??= keyOf(item);
          selectTo(next);
        } else anchor.current = null;
        goTo(next);
      }
      return true;
    }
    const onLine = event.target === line;
    if (event.key === "Enter" && onLine) enter(item);
    else if (event.key === " " && (onLine || event.target instanceof HTMLInputElement))
      toggle(item);
    else if (event.key === forward && item.kind === "group" && !item.open) enter(item);
    else if (event.key === back && item.kind === "group" && item.open) enter(item);
    else if (event.key === forward && item.kind === "job") inside(line, 1);
    else if (event.key === back && item.kind === "job") inside(line, -1);
    else return false;
    return true;
  };

  const onHeaderKey = (event: KeyboardEvent, header: HTMLElement): boolean => {
    const index = Number(header.dataset.header);
    const rtl = getComputedStyle(header).direction === "rtl";
    if (event.key === (rtl ? "ArrowLeft" : "ArrowRight")) goToHeader(index + 1);
    else if (event.key === (rtl ? "ArrowRight" : "ArrowLeft")) goToHeader(index - 1);
    else if (event.key === "Home") goToHeader(0);
    else if (event.key === "End") goToHeader(fit.columns.length);
    else if (event.key === "ArrowDown") goTo(view.onScreen?.[0] ?? 0);
    else return false;
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const command = event.ctrlKey || event.metaKey;
    const line = target.closest<HTMLElement>("[data-index]");
    const header = target.closest<HTMLElement>("[data-header]");
    let done = true;
    if (command && event.key.toLowerCase() === "a") engine.selectAllMatching();
    else if (command && (event.key === "Home" || event.key === "End"))
      goTo(event.key === "Home" ? 0 : items.length - 1);
    else if (command) done = false;
    else if (event.key === "Escape" && engine.selected.value.size) engine.clear();
    else if (line) done = onLineKey(event, line);
    else if (header) done = onHeaderKey(event, header);
    else done = false;
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const line = target.closest<HTMLElement>("[data-index]");
    if (!line || target.closest("a")) return;
    const index = Number(line.dataset.index);
    const item = items.at(index);
    if (!item) return;
    focus.value = { header: null, key: keyOf(item), index };
    // A text that is being selected is no click.
    if (!getSelection()?.isCollapsed && !target.closest("input")) return;
    if (event.shiftKey) selectTo(index);
    else if (event.ctrlKey || event.metaKey || target.closest(".rw-tick")) toggle(item);
    else {
      line.focus({ preventScroll: true });
      enter(item);
    }
    // The box shows what is selected, and nothing of its own.
    if (target instanceof HTMLInputElement) {
      const box = target;
      queueMicrotask(() => {
        box.checked = item.kind === "job" && engine.selected.peek().has(item.id);
      });
    }
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows cannot be placed by themselves
    <div
      role="grid"
      class="rw-grid"
      aria-label="Jobs"
      aria-multiselectable="true"
      aria-rowcount={items.length + 1}
      aria-colcount={fit.columns.length + 1}
      style={{ "--rw-columns": fit.template }}
      ref={scroller}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onFocusIn={(event) => {
        const { index, header } = (event.target as HTMLElement).dataset;
        const item = index === undefined ? undefined : items.at(Number(index));
        if (item) focus.value = { header: null, key: keyOf(item), index: Number(index) };
        else if (header !== undefined) focus.value = { header: Number(header) };
      }}
    >
      <Head
        {...{ engine, layout }}
        columns={fit.columns}
        current={focus.value.header ?? (items.length ? null : 1)}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="rowgroup" class="rw-lines" style={{ blockSize: `${view.height}px` }}>
        {lines.map(({ index, start }) => {
          const item = items.at(index);
          if (!item) return null;
          const top = start - LINE_HEIGHT;
          const key = keyOf(item);
          const common = { index, top, current: index === at };
          if (item.kind === "group") {
            const { group } = item;
            return (
              <GroupLine
                key={key}
                {...{ ...common, group }}
                open={item.open}
                columns={fit.columns.length + 1}
              />
            );
          }
          const row = store.row(item.id);
          const { columns } = fit;
          const shown = open.value === item.id;
          return row && keep(key, { ...common, row, store, engine, columns, open: shown });
        })}
      </div>
    </div>
  );
}
