/** Asks one thing for many jobs, in one request: what only a monitor does. */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Actions, NOTHING, type Progress, refusal, sentence } from "../actions.js";
import { advanced, answered, type BulkKind, type BulkProgress, begun, broken } from "../bulk.js";
import type { Ask } from "../host.js";

const stops = new WeakMap<ReadonlySignal<BulkProgress>, AbortController>();

/**
 * One failure stops nothing: what became of each is in the signal's value. `tags` are those to
 * add or to take away.
 */
export function askMany(
  actions: Actions,
  kind: BulkKind,
  jobIds: readonly string[],
  tags: readonly string[] = [],
): ReadonlySignal<BulkProgress> {
  const state = signal(begun(kind, jobIds, tags));
  const ending = new AbortController();
  stops.set(state, ending);
  void run(actions, state, ending.signal);
  return state;
}

/** Asks for no more of it: what is under way has its outcome still. */
export function stopAsking(bulk: ReadonlySignal<BulkProgress>): void {
  stops.get(bulk)?.abort();
}

function requestOf({ kind, jobIds: job_ids, tags }: BulkProgress): Ask {
  if (kind === "tag") return { kind, job_ids, add: tags, remove: [] };
  if (kind === "untag") return { kind: "tag", job_ids, add: [], remove: tags };
  return { kind, job_ids };
}

async function run(
  actions: Actions,
  state: Signal<BulkProgress>,
  until: AbortSignal,
): Promise<void> {
  const set = (next: BulkProgress) => {
    const known = state.peek().outcomes.length;
    batch(() => {
      state.value = next;
      if (next.kind === "cancel") cancelsMoved(actions, next, known);
    });
  };
  set(state.peek());
  until.addEventListener("abort", () => {
    if (!state.peek().finished) set({ ...state.peek(), stopping: true });
  });
  try {
    const reply = await actions.many(requestOf(state.peek()), {
      onSlow: (why) => set({ ...state.peek(), note: `${why}.` }),
      onProgress: (progress) => set(advanced(state.peek(), progress)),
      until,
    });
    set(answered(state.peek(), reply));
  } catch (error) {
    set(broken(state.peek(), sentence(error)));
  }
}

/** The rows say, too, what is being cancelled. `known` outcomes were told before. */
function cancelsMoved(
  actions: Actions,
  { jobIds, outcomes, done, finished }: BulkProgress,
  known: number,
): void {
  if (!finished && done === 0 && outcomes.length === 0) {
    for (const id of jobIds) actions.cancelling(id).value = { step: "asked" };
  }
  for (const { job_id, ok, already, asked, ...rest } of outcomes.slice(known)) {
    const refused: Progress = { step: "refused", why: refusal(rest) };
    const taken: Progress = already || !asked ? NOTHING : { step: "accepted" };
    actions.cancelling(job_id).value = ok || !asked ? taken : refused;
  }
  if (!finished) return;
  for (const id of jobIds) {
    const progress = actions.cancelling(id);
    if (progress.peek().step === "asked") progress.value = NOTHING;
  }
}
