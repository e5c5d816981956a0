/**
 * What is said in a view whose kernel was restarted. Never to run its cell again: a cell that
 * ends in a submission would submit, and pay for, another job.
 */
export const RESTARTED = "The kernel was restarted, so this view is cut off.";

/** What is said where a notebook was opened again, and its views are from its file. */
export const SAVED = "This was saved with the notebook: no kernel keeps it up to date.";

/** The code that shows a job again. */
export function codeFor(jobId: string): string {
  return `service.job(${JSON.stringify(jobId)})`;
}

export function showAgain(jobIds: readonly string[]): string {
  const [only] = jobIds;
  if (only !== undefined && jobIds.length === 1) return `Show the job again with ${codeFor(only)}.`;
  return "Show jobs again with JobMonitor.recent(), or with service.job(id).";
}
