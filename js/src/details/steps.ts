/** The steps of a job's life, from its row. */
import type { JobRow, StateKey } from "../wire.gen.js";

export interface LifeStep {
  readonly word: string;
  /** When it came into it; null where nobody knows. */
  readonly at: number | null;
  /** When it left it; null where it has not, or never will. */
  readonly until: number | null;
  /** Whether the service gave the time; else it is when this machine first saw it. */
  readonly told: boolean;
  /** Whether it is our conclusion. */
  readonly inferred: boolean;
  /** Whether how long it took is only what this machine saw of it. */
  readonly rough: boolean;
  readonly kind: "past" | "now" | "end" | "event";
  /** The state whose colour it has. */
  readonly state: StateKey;
}

type Known = Pick<LifeStep, "word" | "at" | "told" | "inferred">;

const ENDS: readonly string[] = ["done", "failed", "cancelled"];
/** Said of a job of which nobody saw when it began to run. */
export const BETWEEN = "queued or running";

const WORDS: Readonly<Record<string, string>> = {
  created: "Created",
  queued: "Queued",
  preparing: "Preparing",
  "on the QPU": "On the QPU",
  simulating: "Simulating",
  running: "Running",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  [BETWEEN]: "Queued, then running",
};

const told = (word: string, at: number | null): Known => ({
  word,
  at,
  told: true,
  inferred: false,
});

/** What the times of the row alone tell. */
function fromTimes(job: JobRow): Known[] {
  const { created, started, ended, state, final } = job;
  const found: Known[] = created === null ? [] : [told("created", created)];
  const waited = state === "queued" || started !== null || state === "cancelled";
  if (created !== null && waited) found.push(told("queued", created));
  const running = {
    word: (!final && job.phase) || "running",
    inferred: !final && job.phase_inferred,
  };
  if (started !== null || state === "running") {
    found.push({ ...running, at: started, told: started !== null });
  }
  if (state === "unknown" && !final && job.status)
    found.push({ ...told(job.status, null), told: false });
  if (final) found.push(told(ENDS.includes(state) ? state : job.status, ended));
  return found;
}

const RUNS: readonly string[] = ["preparing", "on the QPU", "simulating", "running"];

/** Until it ran it waited, also where nobody saw it wait. */
function withWait(known: readonly Known[]): readonly Known[] {
  const [first, second, ...rest] = known;
  if (first?.word !== "created" || !second || !RUNS.includes(second.word)) return known;
  return [first, told("queued", first.at), second, ...rest];
}

/** Where nothing is known between the creation and the end, that is said. */
function withGap(known: readonly Known[], state: StateKey): readonly Known[] {
  const [first, second] = known;
  const gap = known.length === 2 && first?.word === "created" && ENDS.includes(second?.word ?? "");
  if (!gap || !first || !second || state === "cancelled") return known;
  return [first, told(BETWEEN, first.at), second];
}

function stateOf(word: string, job: JobRow): StateKey {
  if (word === "done" || word === "failed" || word === "cancelled") return word;
  if (word === "created" || word === "queued" || word === BETWEEN) return "queued";
  return word === job.status && job.state === "unknown" ? "unknown" : "running";
}

/** The word for people; of the end the view's own, such as "Ran too long". */
export function titleOf(word: string, job: JobRow): string {
  if (ENDS.includes(word) && word === job.state) return job.label;
  return WORDS[word] ?? word;
}

export function stepsOf(job: JobRow): readonly LifeStep[] {
  const given = job.steps?.filter((step) => step.word !== "finishing") ?? [];
  const known = withGap(withWait(given.length ? given : fromTimes(job)), job.state);
  const settled = job.final || job.gone || job.as_of !== null;
  return known.map((step, index) => {
    const end = ENDS.includes(step.word);
    const last = index === known.length - 1;
    const kind = end ? "end" : last && !settled ? "now" : "past";
    const until = end || step.word === "created" ? null : (known[index + 1]?.at ?? null);
    const rough = !step.told || known[index + 1]?.told === false;
    return { ...step, kind, until, rough, state: stateOf(step.word, job) };
  });
}
