/** A state as a shape, a word and a colour. */
import type { StateKey } from "../wire.gen.js";
import { wordOf } from "../word.js";
import { StateIcon } from "./icons.js";

export interface BadgeProps {
  readonly state: StateKey;
  /** The server's word as it came: shown where we know no better. */
  readonly status: string;
  readonly label: string;
  readonly phase?: string | null;
  readonly inferred?: boolean;
  readonly code?: number | null;
}

export function Badge({ state, status, label, phase, inferred, code }: BadgeProps) {
  const word = wordOf({ state, status, label });
  const detail = state === "failed" ? code : phase;
  return (
    <span class={`rw-badge rw-is-${state}`} title={state === "unknown" ? label : word}>
      <StateIcon state={state} />
      <span class="rw-badge-word">{word}</span>
      {detail !== null && detail !== undefined && detail !== "" && (
        <span class="rw-phase" title={inferred ? `${detail}: inferred, not reported` : undefined}>
          · {detail}
          {inferred && <span class="rw-inferred">, inferred</span>}
        </span>
      )}
    </span>
  );
}
