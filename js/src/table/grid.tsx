/**
 * The table of jobs: an ARIA grid that draws only the lines in view, keeps the focus where it
 * was whatever changes, and tells the kernel which jobs are looked at.
 */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { useLook, watchVisible } from "../look.js";
import { hasFocus } from "../parts/focus.js";
import type { Store } from "../store.js";
import { ActiveCell } from "./active.js";
import { Commands } from "./commands.js";
import type { Engine } from "./engine.js";
import { GroupLine } from "./group-line.js";
import { keyOf } from "./items.js";
import { JobLine } from "./job-line.js";
import { orderOf } from "./keys.js";
import type { Layout } from "./layout.js";
import { type GridContext, STOP } from "./line.js";
import { Pointer } from "./pointer.js";
import { useSteady } from "./steady.js";
import { Titles } from "./titles.js";
import { LINE_PX, type Lines, useLines } from "./virtual.js";

interface Props {
  readonly store: Store;
  readonly engine: Engine;
  readonly layout: Layout;
  readonly actions: Actions;
  /** Whose details are open; null where none are. */
  readonly open: Signal<string | null>;
  readonly onOpen: (id: string) => void;
  readonly onClose: () => void;
  /** What stands where the lines would, when there are none. */
  readonly children?: ComponentChildren;
}

/** Tells the columns how much room there is. */
function useRoom(scroller: RefObject<HTMLElement | null>, layout: Layout): void {
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const measure = () => {
      // Nothing is known of it while it is not laid out.
      if (el.clientWidth > 0) layout.room.value = el.clientWidth;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    measure();
    return () => observer.disconnect();
  }, [scroller, layout]);
}

/** Where moving a line in the document has cost it the focus, it has it again. */
function useKeptFocus(scroller: RefObject<HTMLElement | null>, active: ActiveCell): void {
  const had = hasFocus(scroller.current);
  useLayoutEffect(() => {
    active.settle();
    if (!had || active.wanted || hasFocus(scroller.current)) return;
    scroller.current?.querySelector<HTMLElement>(STOP)?.focus({ preventScroll: true });
  });
}

/** Whether somebody can see the table. */
function useVisible(scroller: RefObject<HTMLElement | null>) {
  const visible = useSignal(true);
  useEffect(() => {
    const ending = new AbortController();
    const tell = (is: boolean) => {
      visible.value = is;
    };
    if (scroller.current) watchVisible(scroller.current, tell, ending.signal);
    return () => ending.abort();
  }, [scroller, visible]);
  return visible;
}

/** The jobs whose lines are on the screen. */
function useLooked(lines: Lines, engine: Engine) {
  const looked = useSignal<readonly string[]>([]);
  useLayoutEffect(() => {
    const { startIndex = 0, endIndex = -1 } = lines.range ?? {};
    const ids = [...engine.items.peek().jobs(startIndex, endIndex)];
    const old = looked.peek();
    if (ids.length !== old.length || ids.some((id, i) => id !== old[i])) looked.value = ids;
  });
  return looked;
}

function useGrid({ store, engine, layout, open, onOpen, onClose }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const latest = useRef({ onOpen, onClose, lines: null as Lines | null });
  latest.current.onOpen = onOpen;
  latest.current.onClose = onClose;
  const made = useMemo(() => {
    const active = new ActiveCell(engine.items);
    const grid: GridContext = { store, engine, layout, active, open };
    const show = (id: string) => latest.current.onOpen(id);
    const commands = new Commands(grid, {
      page: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / LINE_PX) - 2),
      scrollTo: (index) => latest.current.lines?.scrollToIndex(index),
      widthOf: (key) =>
        scroller.current?.querySelector(`[data-title="${key}"]`)?.getBoundingClientRect().width ??
        null,
      open: show,
      close: () => latest.current.onClose(),
    });
    return { grid, commands, pointer: new Pointer(grid, commands, show) };
  }, [store, engine, layout, open]);
  return { ...made, scroller, latest };
}

export function Grid(props: Props) {
  const { engine, layout, actions, children } = props;
  const { grid, commands, pointer, scroller, latest } = useGrid(props);
  const { active } = grid;
  const items = engine.items.value;
  // The line with the focus is drawn wherever one scrolls.
  void active.index.value;
  const lines = useLines(scroller, items.length, active.index);
  latest.current.lines = lines;
  useRoom(scroller, layout);
  useEffect(() => layout.keep(), [layout]);
  useKeptFocus(scroller, active);
  useLook(actions, useVisible(scroller), useLooked(lines, engine));
  const grouped = engine.group.value !== null;
  const how = useComputed(() => [
    engine.query.value,
    engine.filters.value,
    engine.sort.value,
    engine.group.value,
  ]).value;
  useSteady(scroller, items, lines.range?.startIndex ?? 0, how);
  const drop = pointer.drop.value;
  const tall = `min(var(--rw-tallest), ${(engine.totals.value.all.jobs + 1) * LINE_PX}px)`;
  const shown = layout.shown.value;
  const classes = [
    "rw-grid",
    layout.compact.value && "rw-compact",
    shown.some(({ key }) => key === "tags") && "rw-tagged",
  ];
  const wide = shown.length + (layout.boxes.value ? 2 : 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const rtl = getComputedStyle(event.currentTarget as Element).direction === "rtl";
    const order = orderOf(event, rtl);
    if (!order || !commands.run(order)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its role is one of the two grids' */}
      <div
        class={classes.filter(Boolean).join(" ")}
        // As tall as all its jobs would make it, up to the most: what is below in the notebook
        // stays where it is while somebody searches.
        style={{
          "--rw-cols": layout.template.value,
          ...(items.length > 0 && { minBlockSize: tall }),
        }}
        role={grouped ? "treegrid" : "grid"}
        aria-label="Jobs"
        aria-multiselectable
        aria-rowcount={items.length + 1}
        aria-colcount={wide}
        ref={scroller}
        onKeyDown={onKeyDown}
        onMouseDown={pointer.onMouseDown}
        onTouchStart={pointer.onTouchStart}
        onFocusIn={pointer.onFocusIn}
        onClick={pointer.onClick}
        onDblClick={pointer.onDblClick}
        onDragStart={pointer.onDragStart}
        onDragOver={pointer.onDragOver}
        onDrop={pointer.onDrop}
        onDragEnd={pointer.onDragEnd}
      >
        <div
          role="rowgroup"
          class="rw-grid-head"
          style={{ minInlineSize: `${layout.least.value}px` }}
        >
          <Titles grid={grid} drop={drop} />
        </div>
        {items.length > 0 && (
          <div
            role="rowgroup"
            class="rw-lines"
            style={{
              blockSize: `${items.length * LINE_PX}px`,
              minInlineSize: `${layout.least.value}px`,
            }}
          >
            {lines.getVirtualItems().map(({ index }) => {
              const item = items.at(index);
              if (!item) return null;
              const line = keyOf(item);
              const level = grouped ? (item.kind === "group" ? 1 : 2) : undefined;
              const place = { grid, line, index, level };
              return item.kind === "group" ? (
                <GroupLine key={line} {...place} group={item.group} open={item.open} />
              ) : (
                <JobLine key={line} {...place} id={item.id} />
              );
            })}
          </div>
        )}
      </div>
      {items.length === 0 && <div style={{ minBlockSize: tall }}>{children}</div>}
    </>
  );
}
