/** What an instance has used of what it may use, in QPU time as the service reports it. */
import type { Time, UsageStore } from "../around.js";
import { age } from "../format.js";
import type { UsageInfo } from "../wire.gen.js";
import { Bar } from "./bar.js";
import {
  amount,
  forecastNote,
  inSeconds,
  isWorthSeconds,
  left,
  levelOf,
  period,
  readWhen,
  source,
  spoken,
  warning,
} from "./words.js";

interface OneProps {
  readonly usage: UsageInfo;
  readonly time: Time;
  /** What the jobs of a view are expected to add; null where the kernel has added it up. */
  readonly expected: number | null;
  /** Said where there are several. */
  readonly named: boolean;
}

function Amount({ value }: { value: number }) {
  return <span title={inSeconds(value)}>{amount(value)}</span>;
}

const HERE = "The service’s estimates for the unfinished jobs of this view alone";

/** "312 s used + ≈ 96 s of 600 s". */
function Figures({ usage, expected }: Pick<OneProps, "usage" | "expected">) {
  const { used_s: used, limit_s: limit, allocation_s: allotted } = usage;
  if (used === null) return <span class="rw-dim">not known</span>;
  return (
    <>
      <b>
        <Amount value={used} />
      </b>{" "}
      used
      {expected !== null && expected > 0 && (
        <span class="rw-dim" title={usage.estimated_s === null ? HERE : forecastNote(usage)}>
          {" "}
          + ≈ {amount(expected)}
          {usage.estimated_s === null && " here"}
        </span>
      )}
      {limit !== null && (
        <>
          {" "}
          of <Amount value={limit} />
        </>
      )}
      {limit === null && (
        <span class="rw-dim">
          , no limit
          {allotted !== null && (
            <span title="What the instance was allotted: no limit, but its share of the devices">
              {" "}
              ({amount(allotted)} allotted)
            </span>
          )}
        </span>
      )}
    </>
  );
}

/** "QPU time", but of devices that are no QPUs. */
function whatOf({ simulated }: UsageInfo): string {
  return simulated ? "Usage" : "QPU time";
}

function labelOf(usage: UsageInfo): string {
  return usage.instance ? `${whatOf(usage)} of ${usage.instance}` : whatOf(usage);
}

/** How old the figures are: all that ticks. */
function Age({ at, time }: { at: number; time: Time }) {
  return <>{age(at, time.now)}</>;
}

const ALOUD = {
  ok: "",
  near: "is nearly used up.",
  reached: "is used up: the limit is reached.",
} as const;

/** Said aloud once, when it comes to that: the figures change too often to be read out. */
function News({ usage }: Pick<OneProps, "usage">) {
  const words = ALOUD[levelOf(usage)];
  return (
    <span class="rw-sr" role="status">
      {words && `${labelOf(usage)} ${words}`}
    </span>
  );
}

/** How far it is to the limit, as a bar; nothing where there is no limit, or no reading. */
function UsageBar({ usage, says, expected }: UsageBarProps) {
  const { used_s: used, limit_s: limit } = usage;
  if (used === null || limit === null) return null;
  const [label, level] = [labelOf(usage), levelOf(usage)];
  return <Bar {...{ label, says, used, expected, limit, level }} />;
}

interface UsageBarProps {
  readonly usage: UsageInfo;
  readonly says: string;
  readonly expected: number | null;
}

/** One line, for a header. */
function Line({ usage, time, expected, named }: OneProps) {
  const { used_s: used, trouble } = usage;
  const says = spoken(usage, expected);
  const warns = warning(usage, expected, time.today);
  return (
    <div class="rw-usage-line" title={`${labelOf(usage)}: ${says}. ${source(usage, time.today)}`}>
      <span class="rw-usage-text">
        <span class="rw-dim">{named ? labelOf(usage) : whatOf(usage)}</span>{" "}
        {(used !== null || !trouble) && <Figures usage={usage} expected={expected} />}
        {used !== null && usage.as_of !== null && (
          <span class="rw-dim">
            {" "}
            · <Age at={usage.as_of} time={time} />
          </span>
        )}
      </span>
      <UsageBar usage={usage} says={says} expected={expected} />
      {warns && <span class="rw-usage-warns">{warns}</span>}
      <News usage={usage} />
      {trouble && (
        // A word in its place; the sentence, which may be long, for who asks or listens.
        <span class="rw-usage-trouble" title={trouble}>
          <span aria-hidden="true">{used === null ? "could not be read" : "not read now"}</span>
          <span class="rw-sr">{trouble}</span>
        </span>
      )}
    </div>
  );
}

/** What a monitor's header shows, a line for each instance; nothing where none is known. */
export function UsageMeter({
  store,
  expected = null,
}: {
  readonly store: UsageStore;
  /** What the unfinished jobs of the view are expected to use, in seconds. */
  readonly expected?: number | null;
}) {
  const all = store.usage.value;
  const known = all.filter(({ used_s: used, trouble }) => used !== null || trouble !== null);
  if (!known.length) return null;
  const alone = all.length === 1;
  return (
    <div class="rw-usage">
      {known.map((usage) => (
        <Line
          key={usage.key}
          usage={usage}
          time={store}
          expected={usage.estimated_s ?? (alone ? expected : null)}
          named={!alone}
        />
      ))}
    </div>
  );
}

/** When it was read ticks; nothing else here does. */
function Read({ usage, time }: Pick<OneProps, "usage" | "time">) {
  return <>{readWhen(usage, time.now)}</>;
}

/** All that is known of one instance's usage. */
export function UsageCard({ usage, time }: Pick<OneProps, "usage" | "time">) {
  const { used_s: used, limit_s: limit, estimated_s: expected, trouble } = usage;
  const says = spoken(usage, expected);
  const rest = left(usage);
  const dates = period(usage);
  const warns = warning(usage, expected, time.today);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-usage-card" role="group" aria-label={labelOf(usage)}>
      <div class="rw-row rw-wrap">
        <b class="rw-strong rw-clip">{labelOf(usage)}</b>
        <span class="rw-end">
          <Figures usage={usage} expected={expected} />
        </span>
      </div>
      <UsageBar usage={usage} says={says} expected={expected} />
      <div class="rw-usage-facts rw-dim">
        {rest !== null && (
          <span>
            <b class="rw-strong">{amount(rest)}</b> left
          </span>
        )}
        {used !== null && limit !== null && isWorthSeconds(used, limit) && (
          <span>
            {inSeconds(used)} of {inSeconds(limit)}
          </span>
        )}
        {usage.pending_jobs === 0 && <span>no unfinished job</span>}
        {expected !== null && expected > 0 && <span>{forecastNote(usage)}</span>}
        {dates && <span>{dates}</span>}
        <span>
          <Read usage={usage} time={time} />
        </span>
      </div>
      {warns && <div class="rw-note rw-stale">{warns}</div>}
      <News usage={usage} />
      {trouble && (
        <div class="rw-note rw-stale">
          {trouble}
          {usage.as_of !== null && " What you see is from then."}
        </div>
      )}
    </div>
  );
}
