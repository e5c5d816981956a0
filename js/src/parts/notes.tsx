/** Trouble, in sentences: a job that failed, and a service that does not answer. */
import type { ComponentChildren } from "preact";
import { codeFor, showAgain } from "../cutoff.js";
import { age, duration, roughly, timeOfDay } from "../format.js";
import type { Store } from "../store.js";
import type { ErrorInfo, Health, Trouble } from "../wire.gen.js";
import { CopyButton } from "./copy.js";

/** All of an error in a text, as support asks for it. */
export function errorText({ message, code, solution, trace }: ErrorInfo): string {
  const lines = [
    code === null ? message : `${message} (code ${code})`,
    solution && `What to do: ${solution}`,
    trace && `Trace: ${trace}`,
  ];
  return lines.filter(Boolean).join("\n");
}

interface ErrorProps {
  readonly error: ErrorInfo;
  /** What more there is to do about it. */
  readonly children?: ComponentChildren;
}

export function ErrorNote({ error, children }: ErrorProps) {
  const { message, code, solution, trace } = error;
  return (
    <div class="rw-note rw-bad">
      <div class="rw-row rw-start">
        <div class="rw-text rw-grow">
          <b>{message}</b>
          {code !== null && ` · code ${code}`}
        </div>
        <CopyButton text={errorText(error)} what="error" />
      </div>
      {solution && <div class="rw-text">What to do: {solution}</div>}
      {(trace || children) && (
        <div class="rw-row rw-wrap">
          {trace && (
            <span class="rw-row rw-id">
              <span>Trace</span>
              <code class="rw-mono rw-clip">{trace}</code>
              <CopyButton text={trace} what="trace" />
            </span>
          )}
          {children}
        </div>
      )}
    </div>
  );
}

interface CutOffProps {
  readonly why: string;
  readonly since: number;
  readonly now: number;
  readonly jobId?: string;
}

/** Said once, where the view is cut off for good: how to see the job again. */
function CutOffNote({ why, since, now, jobId }: CutOffProps) {
  return (
    <div class="rw-note rw-stale">
      {why} What you see is from {timeOfDay(since, now, true)}.{" "}
      {jobId === undefined ? (
        showAgain([])
      ) : (
        <>
          Show the job again with{" "}
          <span class="rw-code">
            <code class="rw-mono">{codeFor(jobId)}</code>
            <CopyButton text={codeFor(jobId)} what="code" />
          </span>
        </>
      )}
    </div>
  );
}

/** Nothing where all jobs have ended: there is nothing left to ask. */
export function SilenceNote({ store, jobId }: { store: Store; jobId?: string }) {
  const since = store.silentSince.value;
  const health = store.health.value;
  if (since === null || health === null) return null;
  const why = store.cutOff.value;
  if (!why) return <StaleNote health={health} since={since} now={store.now} />;
  const more = jobId === undefined ? {} : { jobId };
  return <CutOffNote why={why} since={since} now={store.today} {...more} />;
}

/** What the reader can do about it; nothing where it passes by itself. */
const ADVICE: Readonly<Record<Trouble, string>> = {
  "": "",
  network: "If it lasts, look at your network or VPN.",
  local:
    'Your runtime has ended, or does not answer. Using QiskitRuntimeService(channel="local") starts it again; its jobs are kept.',
  rate: "Nothing is lost: it looks less often for a while.",
  auth: "Save a key that is valid with QiskitRuntimeService.save_account(…, overwrite=True), make the service anew, and show the jobs again with it.",
  "local auth":
    "It is another runtime than before, or its token has changed. Make the service anew, and show the jobs again with it.",
  server: "It passes without you: the jobs go on.",
  answer: "If it lasts, something on the way may answer instead of the service.",
  closed: "Make the service anew, and show the jobs again with it.",
};

function StaleNote({ health, since, now }: { health: Health; since: number; now: number }) {
  const { trouble, trouble_kind: kind, next_look: next } = health;
  const wait = next === null ? null : next - now;
  const silence = trouble ? "No good answer" : "No good answer from the service";
  const lasts = `${timeOfDay(since, now, true)} (${roughly(Math.max(1, now - since))})`;
  const told = kind === "closed" ? `What you see is from ${lasts}.` : `${silence} since ${lasts}.`;
  return (
    <div class="rw-note rw-stale">
      {trouble && <b>{trouble} </b>}
      {told}{" "}
      {wait !== null && (wait > 0 ? `Trying again in ${duration(wait + 0.5)}. ` : "Trying now. ")}
      {kind !== "closed" && "What you see is from then. "}
      {ADVICE[kind]}
    </div>
  );
}

/** Of a job of which nothing but a memory of this machine is there. */
export function MemoryNote({ at, now }: { at: number; now: number }) {
  return (
    <div class="rw-note rw-stale">
      From this machine’s history, as of {age(at, now)}. Its service could not be asked.
    </div>
  );
}

export function GoneNote() {
  return <div class="rw-note rw-stale">The service does not know this job any more.</div>;
}
