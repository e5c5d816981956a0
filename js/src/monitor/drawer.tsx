/** The details of one job, beside the table or under it: the focus goes in, and comes back. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { shortId } from "../format.js";
import type { Row } from "../store.js";

interface Props {
  readonly row: Row;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Drawer({ row, onClose, children }: Props) {
  const self = useRef<HTMLElement>(null);
  const id = row.raw.id;
  useEffect(() => self.current?.focus(), [id]);
  return (
    <section
      class="rw-drawer"
      aria-label={`Details of ${row.get("name") ?? shortId(id)}`}
      tabIndex={-1}
      ref={self}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      {children}
    </section>
  );
}
