/** Saves what is shown, or selected, as a file. */
import { plural } from "../format.js";
import { Menu } from "../parts/menu.js";
import type { Store } from "../store.js";
import type { Engine } from "../table/engine.js";
import { csvOf, type Format, fileName, jsonOf, save } from "./export.js";
import { ExportIcon, Tool } from "./tool-icons.js";

interface Props {
  readonly table: Engine;
  readonly store: Store;
  readonly only: "selected" | "matching";
}

export function ExportMenu({ table, store, only }: Props) {
  const write = (format: Format) => {
    const chosen = table.selected.peek();
    // In the order of the table, whichever of them are taken.
    const shown = table.matchingIds();
    const seen = new Set(shown);
    const hidden = [...chosen].filter((id) => !seen.has(id));
    const ids = only === "matching" ? shown : [...shown.filter((id) => chosen.has(id)), ...hidden];
    const jobs = table.rowsOf(ids);
    const text = format === "csv" ? csvOf(jobs) : jsonOf(jobs);
    save(text, fileName(format, store.today), format);
  };
  const n = only === "selected" ? table.selected.value.size : table.matching.value;
  const which = only === "selected" ? "selected" : "shown";
  return (
    <Menu
      label={
        <Tool word="Export">
          <ExportIcon />
        </Tool>
      }
      name="Export"
      title={`Save the ${which} jobs as a file; the kernel is not asked`}
    >
      {(close) => (
        <>
          <div class="rw-popup-title">
            {n === 0 ? "No job to save" : `Save ${plural(n, "job")} as`}
          </div>
          {(["csv", "json"] as const).map((format) => (
            <button
              key={format}
              type="button"
              class="rw-item"
              aria-disabled={n === 0}
              onClick={() => {
                if (n === 0) return;
                write(format);
                close();
              }}
            >
              {format === "csv" ? "CSV, for a spreadsheet" : "JSON, for a program"}
            </button>
          ))}
        </>
      )}
    </Menu>
  );
}
