/** What every view shows of a row. */
import type { Row, Store } from "../store.js";
import { Badge } from "./badge.js";

/** Whether nothing more is heard of a job: it ended, or there is nobody to ask. */
export function isSettled(row: Row): boolean {
  return row.get("final") || row.get("gone") || row.get("as_of") !== null;
}

/** The time up to which a job's story is known. */
export function nowOf(row: Row, store: Store): number {
  const told = row.get("as_of") ?? row.get("updated");
  return isSettled(row) ? (told ?? store.today) : store.asOf;
}

function phaseOf(row: Row): string | null {
  if (row.get("final")) return null;
  return row.get("as_of") === null ? row.get("phase") : "last known";
}

export function RowBadge({ row }: { row: Row }) {
  return (
    <Badge
      state={row.get("state")}
      status={row.get("status")}
      label={row.get("label")}
      phase={phaseOf(row)}
      inferred={row.get("phase_inferred")}
      code={row.get("error")?.code ?? null}
    />
  );
}

/** Why there is no place in the queue. */
export function QueueNote({ row }: { row: Row }) {
  const note = row.get("queue_note");
  const queued = row.get("state") === "queued" && row.get("queue_position") === null;
  return note && queued ? <div class="rw-dim rw-queue-note">{note}</div> : null;
}
