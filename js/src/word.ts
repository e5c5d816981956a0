import type { JobRow } from "./wire.gen.js";

/** What a view says of a job's state: the service's own word where we know no better. */
export function wordOf({
  state,
  status,
  label,
}: Pick<JobRow, "state" | "status" | "label">): string {
  return state === "unknown" ? status || label : label;
}
