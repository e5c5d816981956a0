/** A job's record as the service sent it. */
import { useEffect } from "preact/hooks";
import { CopyButton } from "../parts/copy.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { Loaded } from "./loaded.js";
import type { JobDetails } from "./model.js";
import { Text } from "./plain.js";

interface Props {
  readonly row: Row;
  readonly store: Store;
  readonly details: JobDetails;
}

export function Raw({ row, store, details: { raw } }: Props) {
  const reason = String(row.get("final"));
  useEffect(() => raw.want(reason), [raw, reason]);
  return (
    <Loaded of={raw} what="record">
      {({ text, cut, hidden }, at) => (
        <>
          <div class="rw-row rw-wrap">
            <span class="rw-dim">
              As the service sent it at <Moment at={at} now={store.today} precise />, without inputs
              and results
            </span>
            <CopyButton text={text} what="record" />
            {!raw.isOver() && (
              <button type="button" class="rw-button" onClick={() => void raw.ask()}>
                Refresh
              </button>
            )}
          </div>
          {hidden.length > 0 && (
            <div class="rw-dim">Hidden, for it looks like a secret: {hidden.join(", ")}</div>
          )}
          <Text label="Record of the job, as JSON" text={text} cut={cut} />
        </>
      )}
    </Loaded>
  );
}
