/** One row, rendered again only when a field that it shows has changed. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { RowBadge } from "../card.js";
import { seconds } from "../format.js";
import { TagList } from "../parts/tags.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { ElapsedCell, NameCell, WaitCell } from "./cells.js";
import { ActionCell, Detail, type Open } from "./detail.js";

export interface RowProps {
  readonly row: Row;
  readonly store: Store;
  readonly actions: Actions;
}

/** How many cells the header shows at this width: a wider cell would add ghost columns. */
function visibleColumns(from: Element | null): number {
  const cells = from?.closest("table")?.querySelectorAll("thead th") ?? [];
  return [...cells].filter((cell) => getComputedStyle(cell).display !== "none").length || 1;
}

export function TableRow({ row, store, actions }: RowProps) {
  const open: Open = useSignal(null);
  const line = useRef<HTMLTableRowElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const progress = actions.cancelling(row.raw.id).value;
  const final = row.get("final");
  const says =
    (open.value !== null && !(open.value === "cancel" && final)) ||
    (!final && progress.step === "refused") ||
    (progress.step === "asked" && progress.hint !== undefined);
  return (
    <>
      <tr ref={line} data-job={row.raw.id}>
        <td class="rw-c-status">
          <RowBadge row={row} />
        </td>
        <NameCell row={row} />
        <td class="rw-c-program">{row.get("program")}</td>
        <td class="rw-c-device">{row.get("device")}</td>
        <td class="rw-c-tags">
          <TagList tags={row.get("tags")} />
        </td>
        <td class="rw-c-created">
          <Moment at={row.get("created")} now={store.today} />
        </td>
        <ElapsedCell row={row} store={store} />
        <WaitCell row={row} store={store} />
        <td class="rw-c-estimate rw-num rw-dim">{seconds(row.get("usage_estimate_s"))}</td>
        <td class="rw-c-usage rw-num">{seconds(row.get("usage_s"))}</td>
        <ActionCell row={row} actions={actions} open={open} opener={opener} />
      </tr>
      {says && (
        <tr class="rw-detail">
          <td colSpan={visibleColumns(line.current)}>
            <Detail row={row} actions={actions} open={open} opener={opener} />
          </td>
        </tr>
      )}
    </>
  );
}
