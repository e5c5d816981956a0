/** The sessions of what is shown, folded to one line until somebody wants them. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { Actions } from "../actions.js";
import type { SessionStore } from "../around.js";
import { ChevronIcon } from "../parts/icons.js";
import { useName } from "../parts/names.js";
import { recall, remember } from "../remember.js";
import { Session } from "./session.js";
import { type Members, NONE, summary } from "./words.js";

interface Props {
  readonly store: SessionStore;
  readonly actions: Actions;
  /** The jobs of each session that the view shows, by the session's id. */
  readonly members?: ReadonlySignal<ReadonlyMap<string, Members>>;
}

const KEPT = "sessions.open";

export function Sessions({ store, actions, members }: Props) {
  const open = useSignal(recall(KEPT) === true);
  const body = useName();
  const sessions = store.sessions.value;
  if (!sessions.length) return null;
  const costs = sessions.some((one) => !one.final && one.billing && one.idle_since !== null);
  return (
    <section class="rw-sessions" aria-label="Sessions">
      <button
        type="button"
        class="rw-button rw-quiet rw-sessions-head"
        aria-expanded={open.value}
        aria-controls={body}
        onClick={() => {
          open.value = !open.value;
          remember(KEPT, open.value || null);
        }}
      >
        <ChevronIcon />
        <b>Sessions</b>
        <span class={costs ? "rw-usage-warns" : "rw-dim"}>{summary(sessions)}</span>
      </button>
      <ul id={body} class="rw-session-list" hidden={!open.value}>
        {open.value &&
          sessions.map((session) => (
            <Session
              key={session.id}
              session={session}
              members={members?.value.get(session.id) ?? NONE}
              time={store}
              actions={actions}
            />
          ))}
      </ul>
    </section>
  );
}
