/** How far a request for many jobs is, and what became of each of them. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import {
  type BulkKind,
  type BulkProgress,
  failedOf,
  failed as failedOne,
  unaskedOf,
  unknownOf,
} from "../bulk.js";
import { count, plural, shortId } from "../format.js";
import { CopyButton } from "../parts/copy.js";
import { StateIcon } from "../parts/icons.js";
import type { Outcome, StateKey } from "../wire.gen.js";

const QUIET_MS = 20_000;
const MOST_SHOWN = 200;

/** What is said of a job for which it went well, for which nothing was to be done, while it runs. */
const WORDS: Readonly<Record<BulkKind, readonly [ok: string, already: string, doing: string]>> = {
  cancel: ["taken by the service", "ended already", "Cancelling"],
  tag: ["tagged", "had the tags already", "Tagging"],
  untag: ["untagged", "did not have them", "Untagging"],
  delete: ["deleted", "gone already", "Deleting"],
};

/** "92 deleted · 3 gone already · 4 failed · 1 not known". */
export function summary(bulk: BulkProgress): string {
  const [ok, already] = WORDS[bulk.kind];
  const n = (test: (one: Outcome) => boolean) => bulk.outcomes.filter(test).length;
  const unknown = bulk.finished ? unknownOf(bulk).length : 0;
  return [
    [n((one) => one.ok && !one.already), ok] as const,
    [n((one) => one.ok && one.already), already] as const,
    [n(failedOne), "failed"] as const,
    [n((one) => !one.asked), "not asked"] as const,
    [unknown, "not known"] as const,
  ]
    .flatMap(([many, words]) => (many ? [`${count(many)} ${words}`] : []))
    .join(" · ");
}

/** What is said aloud when nothing more will come. */
export function ending(bulk: BulkProgress): string {
  const [, , doing] = WORDS[bulk.kind];
  return `${doing} ${plural(bulk.jobIds.length, "job")}: ${summary(bulk)}.`;
}

function wordsOf(kind: BulkKind, { ok, already, message, code }: Outcome): string {
  const [fine, nothing] = WORDS[kind];
  const failed = code === null ? message : `${message} (code ${code})`;
  return ok ? message || (already ? nothing : fine) : failed || "It failed; no reason was given.";
}

/** Which of the states' signs stands for it. */
function stateOf({ ok, asked }: Outcome): StateKey {
  return ok ? "done" : asked ? "failed" : "unknown";
}

interface ListProps {
  readonly bulk: BulkProgress;
  readonly nameOf: (jobId: string) => string | null;
}

function List({ bulk, nameOf }: ListProps) {
  const failed = failedOf(bulk).length;
  const onlyFailed = useSignal(failed > 0);
  const shown = bulk.outcomes.filter((one) => !onlyFailed.value || !one.ok);
  const lines = shown.map((one) => `${one.job_id}\t${wordsOf(bulk.kind, one)}`);
  return (
    <div class="rw-outcomes">
      <div class="rw-row rw-wrap">
        {failed > 0 && failed < bulk.outcomes.length && (
          <label class="rw-row rw-check">
            <input
              type="checkbox"
              checked={onlyFailed.value}
              onChange={(event) => {
                onlyFailed.value = event.currentTarget.checked;
              }}
            />
            Only the {plural(failed, "failure")}
          </label>
        )}
        <span class="rw-row">
          Copy <CopyButton text={lines.join("\n")} what="outcomes" />
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="rw-logs" tabIndex={0} aria-label="Outcomes">
        <ul class="rw-list">
          {shown.slice(0, MOST_SHOWN).map((one) => (
            <li key={one.job_id} class={`rw-row rw-is-${stateOf(one)}`}>
              <StateIcon state={stateOf(one)} />
              <span class="rw-clip rw-who">
                {nameOf(one.job_id) ?? ""} <span class="rw-mono rw-dim">{shortId(one.job_id)}</span>
              </span>
              <span class="rw-grow">{wordsOf(bulk.kind, one)}</span>
            </li>
          ))}
        </ul>
        {shown.length > MOST_SHOWN && (
          <p class="rw-dim">and {count(shown.length - MOST_SHOWN)} more: copied with the others</p>
        )}
      </section>
    </div>
  );
}

interface Props extends Omit<ListProps, "bulk"> {
  readonly progress: ReadonlySignal<BulkProgress>;
  /** Whether there is nobody left to be asked again. */
  readonly over: boolean;
  readonly onStop: () => void;
  readonly onAgain: (bulk: BulkProgress, jobIds: readonly string[]) => void;
  readonly onDismiss: () => void;
}

/** Whether nothing has been heard of it for long. */
function useQuiet(bulk: BulkProgress): boolean {
  const quiet = useSignal(false);
  useEffect(() => {
    quiet.value = false;
    if (bulk.finished) return;
    const timer = setTimeout(() => {
      quiet.value = true;
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [bulk, quiet]);
  return quiet.value;
}

export function Report({ progress, over, nameOf, onStop, onAgain, onDismiss }: Props) {
  const bulk = progress.value;
  const open = useSignal(false);
  const quiet = useQuiet(bulk);
  const self = useRef<HTMLDivElement>(null);
  // The button that was pressed is gone: the keys go on from here.
  useEffect(() => self.current?.focus(), []);
  const { kind, jobIds, done, note, stopping, finished, trouble, outcomes } = bulk;
  const [failed, unasked] = [failedOf(bulk), finished ? unaskedOf(bulk) : []];
  const unknown = finished ? unknownOf(bulk) : [];
  const [, , doing] = WORDS[kind];
  const what = `${doing} ${plural(jobIds.length, "job")}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-report" role="group" aria-label={what} tabIndex={-1} ref={self}>
      <div class="rw-row rw-wrap">
        <b>{finished ? what : stopping ? "Stopping…" : `${what}…`}</b>
        {!finished && (
          <>
            <progress class="rw-progress" max={jobIds.length} value={done} aria-label={what} />
            <span>
              {count(done)} of {count(jobIds.length)}
            </span>
          </>
        )}
        <span>{summary(bulk)}</span>
        <span class="rw-actions">
          {failed.length > 0 && finished && !over && (
            <button type="button" class="rw-button" onClick={() => onAgain(bulk, failed)}>
              Retry the {count(failed.length)} that failed
            </button>
          )}
          {unasked.length > 0 && !over && (
            <button type="button" class="rw-button" onClick={() => onAgain(bulk, unasked)}>
              Go on with the {count(unasked.length)} not asked
            </button>
          )}
          {unknown.length > 0 && !over && (
            <button type="button" class="rw-button" onClick={() => onAgain(bulk, unknown)}>
              Ask again for the {count(unknown.length)} not known
            </button>
          )}
          {outcomes.length > 0 && (
            <button
              type="button"
              class="rw-button"
              aria-expanded={open.value}
              onClick={() => {
                open.value = !open.value;
              }}
            >
              Outcomes
            </button>
          )}
          <button
            type="button"
            class="rw-button"
            title={finished ? undefined : "What was sent is not taken back"}
            onClick={finished || stopping ? onDismiss : onStop}
          >
            {finished ? "Dismiss" : stopping ? "Hide" : "Stop"}
          </button>
        </span>
      </div>
      {note && !finished && <div class="rw-dim">{note}</div>}
      {quiet && (
        <div class="rw-dim">
          Nothing was heard of it for {count(QUIET_MS / 1000)} s. It was sent once, and is not sent
          again by itself.
        </div>
      )}
      {trouble && <div class="rw-trouble">{trouble}</div>}
      {open.value && <List bulk={bulk} nameOf={nameOf} />}
    </div>
  );
}
