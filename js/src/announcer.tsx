/** Says changes of state aloud, once each and gathered; never a tick of a clock. */
import { useComputed } from "@preact/signals";
import { RESTARTED } from "./cutoff.js";
import { plural, shortId } from "./format.js";
import type { Store, Transition } from "./store.js";

/** "Job da66nic…6mg: Running", or "12 jobs: 10 Done, 2 Failed". */
export function announcement(transitions: readonly Transition[]): string {
  const [first] = transitions;
  if (!first) return "";
  const word = ({ row: { raw } }: Transition) => (raw.state === "unknown" ? raw.status : raw.label);
  if (transitions.length === 1) return `Job ${shortId(first.row.raw.id)}: ${word(first)}`;
  const counts = new Map<string, number>();
  for (const one of transitions) counts.set(word(one), (counts.get(word(one)) ?? 0) + 1);
  const words = [...counts].map(([label, n]) => `${n} ${label}`);
  return `${plural(transitions.length, "job")}: ${words.join(", ")}`;
}

export function Announcer({ store }: { store: Store }) {
  const silence = useComputed(() => {
    if (store.silentSince.value === null) return "";
    return store.cutOff.value ? RESTARTED : "No good answer from the service";
  });
  return (
    <>
      <div class="rw-sr" role="status">
        {announcement(store.transitions.value)}
      </div>
      <div class="rw-sr" role="status">
        {silence.value}
      </div>
    </>
  );
}
