/** The cancel button of one job with its question: all that a place to cancel needs. */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import type { Row } from "../store.js";
import { CancelButton, CancelQuestion } from "./cancel.js";
import { useHeir } from "./focus.js";
import { isSettled } from "./row.js";

interface Props {
  readonly row: Row;
  readonly actions: Actions;
  readonly asking: Signal<boolean>;
  /** Who gets the focus when the button goes away with it: the job has ended. */
  readonly heir: () => HTMLElement | null | undefined;
  /** What stands behind the button, and before its question. */
  readonly children?: ComponentChildren;
}

export function Cancelling({ row, actions, asking, heir, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const question = useRef<HTMLDivElement>(null);
  const progress = actions.cancelling(row.raw.id).value;
  const ended = isSettled(row) || !actions.capabilities.cancel;
  useHeir([button, question], ended, heir);
  if (ended) return <>{children}</>;
  const close = () => {
    asking.value = false;
    button.current?.focus();
  };
  return (
    <>
      <CancelButton
        job={{ cancel_asked: row.get("cancel_asked") }}
        progress={progress}
        asking={asking.value}
        onAsk={() => {
          asking.value = !asking.value;
        }}
        buttonRef={button}
      />
      {children}
      {asking.value && (
        <CancelQuestion
          state={row.get("state")}
          simulator={row.device?.simulator ?? null}
          onConfirm={() => {
            close();
            void actions.cancel(row.raw.id);
          }}
          onKeep={close}
          questionRef={question}
        />
      )}
    </>
  );
}
