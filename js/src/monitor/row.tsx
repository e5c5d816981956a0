/** One row, rendered again only when a field that it shows has changed. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { seconds } from "../format.js";
import { useHeir } from "../parts/focus.js";
import { RowBadge } from "../parts/row.js";
import { TagList } from "../parts/tags.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { ElapsedCell, NameCell, WaitCell } from "./cells.js";
import { ActionCell, Detail, type Open } from "./detail.js";

export interface RowProps {
  readonly onOpen: (id: string) => void;
  readonly row: Row;
  readonly store: Store;
  readonly actions: Actions;
  /** How many columns are shown at this width. */
  readonly columns: ReadonlySignal<number>;
}

/** As wide as the table, and no wider: that would add ghost columns. */
function WideCell({ columns, children }: Pick<RowProps, "columns"> & { children: VNode }) {
  return <td colSpan={columns.value}>{children}</td>;
}

export function TableRow({ row, store, actions, columns, onOpen }: RowProps) {
  const open: Open = useSignal(null);
  const line = useRef<HTMLTableRowElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const progress = actions.cancelling(row.raw.id).value;
  const question = useRef<HTMLDivElement>(null);
  const final = row.get("final");
  const ended = final || row.get("gone");
  // To "Why?" where the row has one.
  useHeir([opener, question], ended, () => line.current?.querySelector("button") ?? line.current);
  const says =
    (open.value !== null && !(open.value === "cancel" && ended)) ||
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
        <ActionCell {...{ row, actions, open, opener, onOpen }} />
      </tr>
      {says && (
        <tr class="rw-detail">
          <WideCell columns={columns}>
            <Detail {...{ row, actions, open, opener, question }} />
          </WideCell>
        </tr>
      )}
    </>
  );
}
