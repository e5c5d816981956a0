/** By what the rows are grouped. */

import type { Engine } from "../table/engine.js";
import { GROUPS, type GroupKey } from "../table/groups.js";

export function GroupSelect({ table }: { table: Engine }) {
  return (
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
  );
}
