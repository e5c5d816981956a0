/** The cancel button, its question, and what became of it. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Progress } from "../actions.js";
import type { JobRow, StateKey } from "../wire.gen.js";

interface ButtonProps {
  readonly job: Pick<JobRow, "cancel_asked">;
  readonly progress: Progress;
  readonly asking: boolean;
  readonly onAsk: () => void;
  readonly label?: string;
  readonly buttonRef?: RefObject<HTMLButtonElement | null>;
}

/** Whether a cancel is under way: by this click, or by the server's record. */
export function isCancelling(progress: Progress, cancelAsked: number | null): boolean {
  return cancelAsked !== null || progress.step === "asked" || progress.step === "accepted";
}

export function CancelButton({ job, progress, asking, onAsk, label, buttonRef }: ButtonProps) {
  const busy = isCancelling(progress, job.cancel_asked);
  // Not `disabled`: that would drop the focus of who has just clicked.
  return (
    <button
      type="button"
      class="rw-button rw-cancel"
      aria-disabled={busy}
      aria-expanded={busy ? undefined : asking}
      aria-label={label && (busy ? `Cancelling ${label}` : `Cancel ${label}`)}
      title={progress.step === "asked" ? progress.hint : undefined}
      {...(buttonRef && { ref: buttonRef })}
      onClick={() => !busy && onAsk()}
    >
      {busy ? "Cancelling…" : "Cancel"}
    </button>
  );
}

interface QuestionProps {
  readonly state: StateKey;
  readonly simulator: boolean | null;
  readonly onConfirm: () => void;
  readonly onKeep: () => void;
  readonly questionRef: RefObject<HTMLDivElement | null>;
}

function consequence(state: StateKey, simulator: boolean | null): string {
  if (state === "queued") return "It has not begun to run.";
  if (state !== "running") return "";
  return simulator === true
    ? "It is running: what it has done so far is lost."
    : "It is running: QPU time used so far is still counted.";
}

/** Asked in its place, never in a dialog; Escape keeps the job. */
export function CancelQuestion(props: QuestionProps) {
  const { state, simulator, onConfirm, onKeep, questionRef } = props;
  const keep = useRef<HTMLButtonElement>(null);
  const effect = consequence(state, simulator);
  useEffect(() => keep.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onKeep();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div
      class="rw-note rw-ask"
      ref={questionRef}
      role="group"
      aria-label={`Cancel this job? ${effect}`}
      onKeyDown={onKeyDown}
    >
      <span>
        <b>Cancel this job?</b> {effect}
      </span>
      <span class="rw-actions">
        <button type="button" class="rw-button rw-danger" onClick={onConfirm}>
          Cancel job
        </button>
        <button type="button" class="rw-button" onClick={onKeep} ref={keep}>
          Keep
        </button>
      </span>
    </div>
  );
}

/** What the button waits for, or why it failed. */
export function CancelOutcome({ progress, final }: { progress: Progress; final: boolean }) {
  if (progress.step === "asked" && progress.hint) {
    return (
      <div class="rw-note rw-wait" role="status">
        {progress.hint}.
      </div>
    );
  }
  if (progress.step !== "refused" || final) return null;
  return (
    <div class="rw-note rw-bad" role="alert">
      <b>The job was not cancelled.</b> {progress.why}
    </div>
  );
}
