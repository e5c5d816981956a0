/** What can be done about a row, and what that needs more room for than a row has. */
import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type { Actions, OnSlow } from "../actions.js";
import { shortId } from "../format.js";
import { CancelButton, CancelOutcome, CancelQuestion } from "../parts/cancel.js";
import { ChevronIcon } from "../parts/icons.js";
import { ErrorNote, GoneNote } from "../parts/notes.js";
import type { Row } from "../store.js";

export type Open = Signal<"cancel" | "why" | null>;

interface Opening {
  readonly onOpen: (id: string) => void;
  readonly row: Row;
  readonly actions: Actions;
  readonly open: Open;
  readonly opener: RefObject<HTMLButtonElement | null>;
  readonly question: RefObject<HTMLDivElement | null>;
}

/** What can be done about a job: cancel it, or ask why it failed. */
export function ActionCell({ row, actions, open, opener, onOpen }: Omit<Opening, "question">) {
  const id = row.raw.id;
  const label = row.get("name") ?? shortId(id);
  const toggle = (what: "cancel" | "why") => () => {
    open.value = open.value === what ? null : what;
  };
  const live = !row.get("final") && !row.get("gone");
  const explains = row.get("error") !== null || row.get("gone");
  return (
    <td class="rw-c-action">
      {live && actions.capabilities.cancel && (
        <CancelButton
          job={{ cancel_asked: row.get("cancel_asked") }}
          progress={actions.cancelling(id).value}
          asking={open.value === "cancel"}
          onAsk={toggle("cancel")}
          label={label}
          buttonRef={opener}
        />
      )}
      {!live && explains && (
        <button
          type="button"
          class="rw-button"
          aria-expanded={open.value === "why"}
          aria-label={`Why ${label} ended so`}
          onClick={toggle("why")}
        >
          Why?
        </button>
      )}
      <button
        type="button"
        class="rw-button rw-quiet rw-square"
        aria-label={`Details of ${label}`}
        title="Details"
        onClick={() => onOpen(id)}
      >
        <ChevronIcon />
      </button>
    </td>
  );
}

/** What belongs to the row and needs more room than it has. */
export function Detail({ row, actions, open, opener, question }: Omit<Opening, "onOpen">) {
  const id = row.raw.id;
  const progress = actions.cancelling(id).value;
  const [error, final] = [row.get("error"), row.get("final")];
  if (open.value === "cancel" && !final && !row.get("gone")) {
    const close = () => {
      open.value = null;
      opener.current?.focus();
    };
    return (
      <CancelQuestion
        state={row.get("state")}
        simulator={row.device?.simulator ?? null}
        onConfirm={() => {
          close();
          void actions.cancel(id);
        }}
        onKeep={close}
        questionRef={question}
      />
    );
  }
  if (open.value === "why" && error) {
    const onLogs = (onSlow: (why: string) => void) => actions.logs(id, onSlow);
    return (
      <ErrorNote error={error}>{actions.capabilities.logs && <Logs onLogs={onLogs} />}</ErrorNote>
    );
  }
  if (open.value === "why" && row.get("gone")) return <GoneNote />;
  return <CancelOutcome progress={progress} final={final} />;
}

function Logs({ onLogs }: { onLogs: (onSlow: OnSlow) => Promise<string> }) {
  const [text, setText] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    if (busy) return;
    if (text !== null) return setText(null);
    setBusy(true);
    setSaid("Fetching the logs…");
    try {
      const logs = await onLogs((why) => setSaid(`${why}.`));
      setText(logs);
      setSaid(logs.trim() ? "" : "The job has no logs.");
    } catch (error) {
      setSaid(`The logs could not be had. ${error instanceof Error ? error.message : error}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="rw-row">
        <button
          type="button"
          class="rw-button"
          aria-expanded={text !== null}
          aria-disabled={busy}
          onClick={() => void toggle()}
        >
          {text === null ? "Logs" : "Hide logs"}
        </button>
        <span role="status">{said}</span>
      </div>
      {text?.trim() && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        <section class="rw-logs" tabIndex={0} aria-label="Logs">
          <pre>{text}</pre>
        </section>
      )}
    </>
  );
}
