/** What stands where the rows would, when there are none: why, and what to do about it. */
import { count } from "../format.js";
import type { Store } from "../store.js";
import type { Engine } from "../table/engine.js";
import { FIELDS, parse } from "../table/query.js";
import { searchBy } from "./filters.js";

interface Props {
  readonly table: Engine;
  readonly store: Store;
  /** Whether there were jobs before. */
  readonly had: boolean;
}

function NothingMatches({ table }: Pick<Props, "table">) {
  const query = table.query.value.trim();
  const all = table.totals.value.all.jobs;
  const { strange } = parse(query, 0);
  const filtered = table.filters.value.length > 0;
  return (
    <div class="rw-empty">
      <p>
        None of the {count(all)} jobs matches {query && `“${query}”`}
        {query && filtered && " and "}
        {filtered && "the filters"}.
      </p>
      {strange !== null && (
        <p class="rw-dim">
          “{strange}:” is no field, so it was searched for as it stands. Fields are{" "}
          {FIELDS.join(", ")}.
        </p>
      )}
      <button
        type="button"
        class="rw-button"
        onClick={(event) => {
          // It goes away with what it is about: the keys go on from the search field.
          searchBy(event.currentTarget)?.focus();
          table.query.value = "";
          table.filters.value = [];
        }}
      >
        Show all {count(all)}
      </button>
    </div>
  );
}

export function Empty({ table, store, had }: Props) {
  if (table.totals.value.all.jobs > 0) return <NothingMatches table={table} />;
  const source = store.source.value;
  const [cut, silent] = [store.cutOff.value, store.silentSince.value !== null];
  if (cut) return <p class="rw-empty">{cut} No jobs were here then.</p>;
  if (silent) return <p class="rw-empty">Nothing could be read from the service yet.</p>;
  if (source?.loading) return <p class="rw-empty">Reading {source.words}…</p>;
  if (source) {
    return (
      <p class="rw-empty">
        The service has none of what this view follows: {source.words}. New jobs appear here by
        themselves.
      </p>
    );
  }
  if (had) {
    return (
      <p class="rw-empty">
        No jobs are left here. Add some with <code class="rw-mono">monitor.add(job)</code>.
      </p>
    );
  }
  return (
    <p class="rw-empty">
      This view was given no jobs. Add some with <code class="rw-mono">monitor.add(job)</code>, or
      follow an account with <code class="rw-mono">JobMonitor(service=service, limit=100)</code>.
    </p>
  );
}
