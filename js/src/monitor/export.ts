/** The rows as a file, made in the page: it needs no kernel, and asks the service for nothing. */
import { isoTime } from "../format.js";
import type { JobRow } from "../wire.gen.js";
import { wordOf } from "../word.js";

export type Format = "csv" | "json";

type Cell = string | number | boolean | null;

function at(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}

/** The columns of the file; a time is in ISO 8601, a length of time in seconds. */
const COLUMNS: readonly (readonly [name: string, value: (job: JobRow) => Cell])[] = [
  ["id", (job) => job.id],
  ["name", (job) => job.name],
  ["program", (job) => job.program],
  ["device", (job) => job.device],
  // What the views say of it; beside it stands the service's own word.
  ["word", wordOf],
  ["status", (job) => job.status],
  ["state", (job) => job.state],
  ["phase", (job) => job.phase],
  ["phase_inferred", (job) => job.phase_inferred],
  ["tags", (job) => job.tags.join(", ")],
  ["session", (job) => job.session],
  ["private", (job) => job.private],
  ["created", (job) => at(job.created)],
  ["started", (job) => at(job.started)],
  ["ended", (job) => at(job.ended)],
  ["queue_position", (job) => job.queue_position],
  ["usage_s", (job) => job.usage_s],
  ["usage_final", (job) => job.usage_final],
  ["usage_estimate_s", (job) => job.usage_estimate_s],
  ["error_code", (job) => job.error?.code ?? null],
  ["error", (job) => job.error?.message ?? null],
  ["gone", (job) => job.gone],
  ["updated", (job) => at(job.updated)],
  // Of a memory: when the service last said so.
  ["as_of", (job) => at(job.as_of)],
];

const FORMULA = /^ *[=+\-@\t\r\n＝＋－＠]/;

/**
 * One cell. Who names a job, a device or a tag must not be able to have a formula carried out
 * where a spreadsheet opens the file: such a text gets an apostrophe in front.
 */
export function cell(value: Cell): string {
  if (value === null) return "";
  const harmless = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csvOf(jobs: Iterable<JobRow>): string {
  const lines = [COLUMNS.map(([name]) => name).join(",")];
  for (const job of jobs) lines.push(COLUMNS.map(([, value]) => cell(value(job))).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/** All that the page knows of each job, with the same names and times as in the other format. */
export function jsonOf(jobs: Iterable<JobRow>): string {
  const records = [...jobs].map((job) => {
    const named = COLUMNS.map(([name, value]) => [name, value(job)]);
    const steps = job.steps?.map((step) => ({ ...step, at: isoTime(step.at) })) ?? null;
    return { ...Object.fromEntries(named), tags: job.tags, error: job.error, steps };
  });
  return `${JSON.stringify(records, null, 1)}\n`;
}

/** "jobs-2026-11-21-1204.csv", by the reader's clock. */
export function fileName(format: Format, now: number): string {
  const date = new Date((now - new Date(now * 1000).getTimezoneOffset() * 60) * 1000);
  return `jobs-${date.toISOString().slice(0, 16).replace("T", "-").replace(":", "")}.${format}`;
}

const TYPES: Readonly<Record<Format, string>> = {
  csv: "text/csv;charset=utf-8",
  json: "application/json",
};
// The browser takes the file after the click; then its copy may go.
const TAKEN_MS = 60_000;

/** Hands a text to the browser as a file to be saved. */
export function save(text: string, name: string, format: Format): void {
  // By this mark a spreadsheet knows that the text is in UTF-8.
  const parts = format === "csv" ? ["\ufeff", text] : [text];
  const url = URL.createObjectURL(new Blob(parts, { type: TYPES[format] }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_MS);
}
