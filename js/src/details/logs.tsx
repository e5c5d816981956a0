/** A job's logs: fetched when shown, searched here, and drawn as far as they are on the screen. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { count, plural } from "../format.js";
import { CopyButton } from "../parts/copy.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { size } from "./figures.js";
import { Loaded, Nothing } from "./loaded.js";
import { Box } from "./log-box.js";
import { type Found, find, linesOf } from "./log-text.js";
import type { JobDetails } from "./model.js";

/** The kernel sends no more than the end of longer logs: as in _answers.py. */
const LONGEST = 1_000_000;
/** Logs up to this size are drawn as a whole: the browser's own search finds all of them. */
const WHOLE_LINES = 500;
const WHOLE_CHARACTERS = 200_000;

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
            {!logs.isOver() && (
              <button type="button" class="rw-button" onClick={() => void logs.ask()}>
                Refresh
              </button>
            )}
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
