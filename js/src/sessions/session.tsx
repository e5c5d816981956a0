/** One session: what it does, what it costs, and how it ends. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import type { Time } from "../around.js";
import { shortId, timeOfDay } from "../format.js";
import { Badge } from "../parts/badge.js";
import { CopyButton } from "../parts/copy.js";
import { useHeir } from "../parts/focus.js";
import { Moment } from "../parts/time.js";
import type { SessionInfo } from "../wire.gen.js";
import { SessionQuestion, VERBS } from "./question.js";
import {
  type Action,
  closesIn,
  idleFor,
  jobsOf,
  type Members,
  nounOf,
  readAgo,
  restsIn,
  shapeOf,
  usageOf,
} from "./words.js";

interface Props {
  readonly session: SessionInfo;
  readonly members: Members;
  readonly time: Time;
  readonly actions: Actions;
}

type Step =
  | { readonly at: "rest" }
  | { readonly at: "question"; readonly action: Action }
  | { readonly at: "asked"; readonly action: Action; readonly hint?: string }
  | { readonly at: "refused"; readonly action: Action; readonly why: string };

const REST: Step = { at: "rest" };

/** What ticks, rendered by itself. */
function Countdown({ session, time }: Pick<Props, "session" | "time">) {
  const said = [
    idleFor(session, time.now),
    restsIn(session, time.now),
    closesIn(session, time.now),
    readAgo(session, time.now),
  ].filter(Boolean);
  return (
    <>
      {said.map((one) => (
        <span key={one?.split(" ", 1)[0]}>{one}</span>
      ))}
    </>
  );
}

function Facts({ session, members, time }: Omit<Props, "actions">) {
  const jobs = jobsOf(members);
  const usage = usageOf(session);
  return (
    <div class="rw-session-facts rw-dim">
      {jobs && <span>{jobs}</span>}
      {usage && <span>{usage}</span>}
      <Countdown session={session} time={time} />
      {session.closed !== null && (
        <span>
          closed <Moment at={session.closed} now={time.today} />
        </span>
      )}
      {session.stale_since !== null && (
        <span class="rw-usage-trouble">
          could not be read since {timeOfDay(session.stale_since, time.today, true)}
        </span>
      )}
    </div>
  );
}

/** What was asked, and what became of it; the record of the service alone says that it ended. */
function Said({ step, noun }: { step: Step; noun: string }) {
  if (step.at === "asked" && step.hint) {
    return (
      <div class="rw-note rw-wait" role="status">
        {step.hint}.
      </div>
    );
  }
  if (step.at !== "refused") return null;
  const done = step.action === "close" ? "closed" : "cancelled";
  return (
    <div class="rw-note rw-bad" role="alert">
      <b>
        The {noun} was not {done}.
      </b>{" "}
      {step.why}
    </div>
  );
}

export function Session({ session, members, time, actions }: Props) {
  const step = useSignal<Step>(REST);
  const item = useRef<HTMLLIElement>(null);
  const buttons = useRef<HTMLSpanElement>(null);
  const question = useRef<HTMLDivElement>(null);
  const noun = nounOf(session);
  const ended = session.final;
  useHeir([buttons, question], ended, () => item.current);
  const now = step.value;
  const asks = now.at === "question" ? now.action : null;
  const close = (next: Step = REST) => {
    step.value = next;
    const action = asks ?? "close";
    buttons.current?.querySelector<HTMLElement>(`[data-action="${action}"]`)?.focus();
  };
  const end = async (action: Action) => {
    close({ at: "asked", action });
    const why = await actions.session(session.id, action, (hint) => {
      step.value = { at: "asked", action, hint };
    });
    step.value = why === null ? REST : { at: "refused", action, why };
  };
  const name = `${noun} ${shortId(session.id)}`;
  const offered: readonly Action[] =
    ended || !actions.capabilities.sessions
      ? []
      : session.accepting === false
        ? ["cancel"]
        : ["close", "cancel"];
  return (
    <li class="rw-session" ref={item} data-session={session.id}>
      <div class="rw-row rw-wrap">
        <Badge
          state={shapeOf(session)}
          status={session.label}
          label={session.label}
          phase={session.billing ? "reserves the device" : null}
        />
        <span class="rw-session-name rw-clip" title={session.id}>
          {noun === "batch" ? "Batch" : "Session"}{" "}
          <code class="rw-mono rw-dim">{shortId(session.id)}</code>
          {session.device && ` on ${session.device}`}
        </span>
        <CopyButton text={session.id} what={`id of ${name}`} />
        {offered.length > 0 && (
          <span class="rw-row rw-end" ref={buttons}>
            {offered.map((action) => {
              const busy = now.at === "asked" && now.action === action;
              return (
                <button
                  key={action}
                  type="button"
                  class="rw-button"
                  data-action={action}
                  aria-disabled={now.at === "asked"}
                  aria-expanded={asks === action}
                  aria-label={`${VERBS[action]} ${name}`}
                  onClick={() => {
                    if (now.at !== "asked")
                      step.value = asks === action ? REST : { at: "question", action };
                  }}
                >
                  {busy ? "Asking…" : `${VERBS[action]}…`}
                </button>
              );
            })}
          </span>
        )}
      </div>
      <Facts session={session} members={members} time={time} />
      {session.note && <div class="rw-session-note">{session.note}</div>}
      {asks && !ended && (
        <SessionQuestion
          key={asks}
          action={asks}
          session={session}
          members={members}
          onConfirm={() => void end(asks)}
          onKeep={() => close()}
          questionRef={question}
        />
      )}
      {!ended && <Said step={now} noun={noun} />}
    </li>
  );
}
