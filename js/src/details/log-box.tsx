/** The lines of a log, drawn as far as they are on the screen, with what was found in them. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Found, Match } from "./log-text.js";

/** As in details.css. */
const LINE_PX = 17;
const AROUND = 30;
/** Where the height of the window is not known yet. */
const USUAL_PX = 400;

interface LineProps {
  readonly text: string;
  readonly matches: readonly Match[];
  readonly current: Match | undefined;
}

function Line({ text, matches, current }: LineProps) {
  const parts = [];
  let at = 0;
  for (const match of matches) {
    parts.push(text.slice(at, match.start));
    const now = match === current;
    parts.push(
      <mark key={match.start} class={now ? "rw-mark-now" : undefined}>
        {text.slice(match.start, match.end)}
      </mark>,
    );
    at = match.end;
  }
  return (
    <>
      {parts}
      {text.slice(at)}
      {"\n"}
    </>
  );
}

function byLine(matches: readonly Match[]): ReadonlyMap<number, readonly Match[]> {
  const found = new Map<number, Match[]>();
  for (const match of matches) {
    const here = found.get(match.line);
    if (here) here.push(match);
    else found.set(match.line, [match]);
  }
  return found;
}

/** Scrolls the box alone, and not the page, until the current match is in it. */
function reveal(box: HTMLElement): void {
  const mark = box.querySelector(".rw-mark-now")?.getBoundingClientRect();
  if (!mark) return;
  const seen = box.getBoundingClientRect();
  if (mark.top < seen.top || mark.bottom > seen.bottom) {
    box.scrollTop += mark.top - seen.top - box.clientHeight / 2;
  }
  if (mark.left < seen.left || mark.right > seen.right) {
    box.scrollLeft += mark.left - seen.left - box.clientWidth / 2;
  }
}

interface BoxProps {
  readonly lines: readonly string[];
  readonly whole: boolean;
  readonly found: Found;
  readonly current: Match | undefined;
}

export function Box({ lines, whole, found, current }: BoxProps) {
  const box = useRef<HTMLElement>(null);
  const [top, setTop] = useState(0);
  const matches = useMemo(() => byLine(found.matches), [found]);
  useLayoutEffect(() => {
    if (!box.current || !current) return;
    if (whole) return reveal(box.current);
    // First to where its line will be drawn.
    const height = box.current.clientHeight || USUAL_PX;
    const wanted = Math.max(0, current.line * LINE_PX - height / 2);
    if (Math.abs(box.current.scrollTop - wanted) > height / 2) box.current.scrollTop = wanted;
    setTop(box.current.scrollTop);
  }, [current, whole]);
  useLayoutEffect(() => {
    if (!whole && box.current) reveal(box.current);
  }, [current, whole, top]);
  const height = box.current?.clientHeight || USUAL_PX;
  const first = whole ? 0 : Math.max(0, Math.floor(top / LINE_PX) - AROUND);
  const last = whole ? lines.length : Math.ceil((top + height) / LINE_PX) + AROUND;
  const before = first * LINE_PX;
  const after = Math.max(0, lines.length - last) * LINE_PX;
  return (
    <section
      class={`rw-logs ${whole ? "" : "rw-long-log"}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
      aria-label="Logs"
      ref={box}
      onScroll={(event) => !whole && setTop(event.currentTarget.scrollTop)}
    >
      <pre style={{ paddingBlock: `${before}px ${after}px` }}>
        {lines.slice(first, last).map((text, index) => (
          <Line
            key={first + index}
            text={text}
            matches={matches.get(first + index) ?? []}
            current={current}
          />
        ))}
      </pre>
    </section>
  );
}
