/** What every view shows of a row. */
import type { Row, Store } from "../store.js";
import { Badge } from "./badge.js";

/** The time up to which a job's story is known. */
export function nowOf(row: Row, store: Store): number {
  const settled = row.get("final") || row.get("gone");
  return settled ? (row.get("updated") ?? store.today) : store.asOf;
}

export function RowBadge({ row }: { row: Row }) {
  return (
    <Badge
      state={row.get("state")}
      status={row.get("status")}
      label={row.get("label")}
      phase={row.get("final") ? null : row.get("phase")}
      inferred={row.get("phase_inferred")}
      code={row.get("error")?.code ?? null}
    />
  );
}
