/** The one question before a session is ended: asked in its place. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SessionInfo } from "../wire.gen.js";
import { type Action, consequence, type Members, nounOf } from "./words.js";

interface Props {
  readonly action: Action;
  readonly session: SessionInfo;
  readonly members: Members;
  readonly onConfirm: () => void;
  readonly onKeep: () => void;
  readonly questionRef: RefObject<HTMLDivElement | null>;
}

export const VERBS: Readonly<Record<Action, string>> = { close: "Close", cancel: "Cancel" };

export function SessionQuestion(props: Props) {
  const { action, session, members, onConfirm, onKeep, questionRef } = props;
  const keep = useRef<HTMLButtonElement>(null);
  const noun = nounOf(session);
  const title = `${VERBS[action]} this ${noun}?`;
  const effect = consequence(action, session, members);
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
      role="group"
      aria-label={`${title} ${effect}`}
      ref={questionRef}
      onKeyDown={onKeyDown}
    >
      <span>
        <b>{title}</b> {effect}
      </span>
      <span class="rw-actions">
        <button type="button" class="rw-button rw-danger" onClick={onConfirm}>
          {VERBS[action]} {noun}
        </button>
        <button type="button" class="rw-button" onClick={onKeep} ref={keep}>
          Keep
        </button>
      </span>
    </div>
  );
}
