/** What a request for many jobs will do, said before it is sent. */
import type { BulkKind } from "../bulk.js";
import { count, plural } from "../format.js";
import { MAX_TAGS } from "../parts/tags.js";
import type { DeviceInfo, JobRow } from "../wire.gen.js";

/** The selected jobs, sorted by what can be done about them. */
export interface Selected {
  readonly all: readonly string[];
  /** Not yet ended, as far as is known: they can be cancelled. */
  readonly open: readonly string[];
  /** Ended: they can be deleted. */
  readonly ended: readonly string[];
  /** Known to the service: they can be tagged. */
  readonly known: readonly string[];
  readonly queued: number;
  readonly running: number;
  readonly simulating: number;
  readonly full: number;
  /** From this machine's history: nobody can be asked to do anything with them. */
  readonly remembered: number;
  readonly tags: ReadonlyMap<string, number>;
}

export function sortOut(
  jobs: Iterable<JobRow>,
  devices: ReadonlyMap<string, DeviceInfo>,
): Selected {
  const lists = { all: [] as string[], open: [] as string[], ended: [] as string[] };
  const known: string[] = [];
  const tags = new Map<string, number>();
  let [queued, running, simulating, full, remembered] = [0, 0, 0, 0, 0];
  for (const job of jobs) {
    lists.all.push(job.id);
    if (job.as_of !== null) remembered++;
    if (job.gone || job.as_of !== null) continue;
    known.push(job.id);
    (job.final ? lists.ended : lists.open).push(job.id);
    if (job.state === "queued") queued++;
    if (job.state === "running") {
      running++;
      if (devices.get(job.device)?.simulator) simulating++;
    }
    if (job.tags.length >= MAX_TAGS) full++;
    for (const tag of job.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
  }
  return { ...lists, known, queued, running, simulating, full, remembered, tags };
}

/** The jobs that a request of this kind is sent for. */
export function concerned(kind: BulkKind, selected: Selected): readonly string[] {
  if (kind === "cancel") return selected.open;
  return kind === "delete" ? selected.ended : selected.known;
}

/** What was asked, when: only what was selected then, and could be asked for, is meant. */
export interface Question {
  readonly kind: BulkKind;
  readonly chosen: ReadonlySet<string>;
  readonly jobIds: readonly string[];
}

export function questionOf(kind: BulkKind, selected: Selected): Question {
  return { kind, chosen: new Set(selected.all), jobIds: concerned(kind, selected) };
}

/**
 * The jobs that the answer is for: never one that came to it while the question stood, such as a
 * job that ended meanwhile and would be deleted unseen. Null where others are selected now.
 */
export function meant(question: Question, selected: Selected | null): readonly string[] | null {
  if (!selected || selected.all.some((id) => !question.chosen.has(id))) return null;
  const now = new Set(concerned(question.kind, selected));
  const jobIds = question.jobIds.filter((id) => now.has(id));
  return jobIds.length ? jobIds : null;
}

function are(n: number): string {
  return `${count(n)} ${n === 1 ? "is" : "are"}`;
}

function cancelCosts({ open, ended, queued, running, simulating }: Selected): readonly string[] {
  const onDevices = running - simulating;
  const unknown = open.length - running - queued;
  return [
    queued > 0 ? `${are(queued)} not running yet.` : "",
    unknown > 0 ? `${are(unknown)} in a state that this version does not know.` : "",
    onDevices > 0 ? `${are(onDevices)} running: QPU time used so far is still counted.` : "",
    simulating > 0 ? `${are(simulating)} running on a simulator: what was done is lost.` : "",
    ended.length ? `${count(ended.length)} ended already: nothing is asked for them.` : "",
  ];
}

function deleteCosts({ ended, open }: Selected): readonly string[] {
  const what = ended.length === 1 ? "It goes" : "They go";
  return [
    `${what} from the service with results and logs, for everybody, and for good.`,
    open.length ? `${are(open.length)} not ended and cannot be deleted: nothing is asked.` : "",
  ];
}

/** What it comes to, in sentences. */
export function costs(kind: BulkKind, selected: Selected): string {
  const { remembered } = selected;
  const gone = selected.all.length - selected.known.length - remembered;
  const lost = gone > 0 ? `The service does not know ${count(gone)} of them any more.` : "";
  const away = remembered > 0 ? `The service of ${count(remembered)} of them cannot be asked.` : "";
  const full =
    kind === "tag" && selected.full > 0
      ? `${count(selected.full)} of them ${selected.full === 1 ? "has" : "have"} ${MAX_TAGS} tags already, the most that there can be.`
      : "";
  const told =
    kind === "cancel" ? cancelCosts(selected) : kind === "delete" ? deleteCosts(selected) : [full];
  return [...told, lost, away].filter(Boolean).join(" ");
}

/** "Cancel 3 jobs", "Tag 3 jobs", "Delete 1 job". */
export function order(kind: BulkKind, n: number): string {
  const verbs = { cancel: "Cancel", tag: "Tag", untag: "Untag", delete: "Delete" } as const;
  return `${verbs[kind]} ${plural(n, "job")}`;
}
