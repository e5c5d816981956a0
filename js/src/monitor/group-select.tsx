/** By what the rows are grouped. */

import type { Engine } from "../table/engine.js";
import { GROUPS, type GroupKey } from "../table/groups.js";
import { CloseAllIcon, OpenAllIcon } from "./tool-icons.js";

/** Closes all groups, so that their sums stand below each other; then opens them. */
function CloseAll({ table }: { table: Engine }) {
  const closed = table.groupsClosed.value;
  const name = `${closed ? "Open" : "Close"} all groups`;
  return (
    <button
      type="button"
      class="rw-button rw-square"
      aria-label={name}
      title={`${name}; on a group in the table, Shift+Enter`}
      onClick={() => table.closeGroups(!closed)}
    >
      {closed ? <OpenAllIcon /> : <CloseAllIcon />}
    </button>
  );
}

export function GroupSelect({ table }: { table: Engine }) {
  const grouped = table.group.value !== null;
  return (
    <>
      <span class="rw-selecting">
        <select
          class="rw-select"
          aria-label="Group the jobs"
          value={table.group.value ?? ""}
          onChange={(event) => {
            table.group.value = (event.currentTarget.value || null) as GroupKey | null;
          }}
        >
          <option value="">Group: none</option>
          {GROUPS.map(([key, title]) => (
            <option key={key} value={key}>
              Group: {title.toLowerCase()}
            </option>
          ))}
        </select>
      </span>
      {grouped && <CloseAll table={table} />}
    </>
  );
}
