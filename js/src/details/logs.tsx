/** A job's logs: fetched when shown, searched here, and drawn as far as they are on the screen. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, plural } from "../format.js";
import { CopyButton } from "../parts/copy.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { size } from "./figures.js";
import { Loaded, Nothing } from "./loaded.js";
import { type Found, find, linesOf, type Match } from "./log-text.js";
import type { JobDetails } from "./model.js";

/** The kernel sends no more than the end of longer logs: as in _answers.py. */
const LONGEST = 1_000_000;
/** As in details.css. */
const LINE_PX = 17;
/** Logs up to this size are drawn as a whole: the browser's own search finds all of them. */
const WHOLE_LINES = 500;
const WHOLE_CHARACTERS = 200_000;
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

function Box({ lines, whole, found, current }: BoxProps) {
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

interface SearchProps {
  readonly found: Found;
  readonly query: string;
  readonly place: number;
  readonly onQuery: (text: string) => void;
  readonly onGo: (by: number) => void;
}

function Search({ found, query, place, onQuery, onGo }: SearchProps) {
  const all = found.matches.length;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      onGo(event.shiftKey ? -1 : 1);
    }
    // Where there is nothing to clear, Escape is for what is around.
    if (event.key !== "Escape" || !query) return;
    event.stopPropagation();
    onQuery("");
  };
  const more = found.more ? " and more" : "";
  const says = all
    ? `${count(place + 1)} of ${plural(all, "match").replace(/hs$/, "hes")}${more}`
    : "No match";
  return (
    <div class="rw-row rw-wrap rw-find">
      <input
        class="rw-input"
        type="search"
        placeholder="Search the logs"
        aria-label="Search the logs"
        title="Enter: next match; Shift and Enter: the one before"
        value={query}
        onInput={(event) => onQuery(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        class="rw-button rw-quiet"
        aria-label="Previous match"
        aria-disabled={all === 0}
        onClick={() => onGo(-1)}
      >
        ↑
      </button>
      <button
        type="button"
        class="rw-button rw-quiet"
        aria-label="Next match"
        aria-disabled={all === 0}
        onClick={() => onGo(1)}
      >
        ↓
      </button>
      <span class="rw-dim" role="status">
        {query && says}
      </span>
    </div>
  );
}

function Text({ text }: { text: string }) {
  const [query, setQuery] = useState("");
  const [place, setPlace] = useState(0);
  const lines = useMemo(() => linesOf(text), [text]);
  const found = useMemo(() => find(lines, query), [lines, query]);
  const all = found.matches.length;
  const whole = lines.length <= WHOLE_LINES && text.length <= WHOLE_CHARACTERS;
  const at = Math.min(place, Math.max(0, all - 1));
  return (
    <>
      <Search
        found={found}
        query={query}
        place={at}
        onQuery={(next) => {
          setQuery(next);
          setPlace(0);
        }}
        onGo={(by) => all && setPlace((at + by + all) % all)}
      />
      <Box lines={lines} whole={whole} found={found} current={found.matches[at]} />
    </>
  );
}

interface Props {
  readonly row: Row;
  readonly store: Store;
  readonly details: JobDetails;
}

export function Logs({ row, store, details: { logs } }: Props) {
  const final = row.get("final");
  useEffect(() => logs.want(String(final)), [logs, final]);
  return (
    <Loaded of={logs} what="logs">
      {(text, at) => (
        <>
          <div class="rw-row rw-wrap">
            <span class="rw-dim">
              {text.length >= LONGEST && "The end of it, the last "}
              {text.trim() && `${size(text.length)}, `}as of{" "}
              <Moment at={at} now={store.today} precise />
            </span>
            {text.trim() && <CopyButton text={text} what="logs" />}
            <button type="button" class="rw-button" onClick={() => void logs.ask()}>
              Refresh
            </button>
          </div>
          {text.trim() ? (
            <Text text={text} />
          ) : (
            <Nothing>
              {final ? "The job has logged nothing." : "The job has logged nothing yet."}
            </Nothing>
          )}
        </>
      )}
    </Loaded>
  );
}
