/** At most four figures, each with a unit, and a word where it is not the server's. */
import type { ComponentChildren } from "preact";

export interface Fact {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly title?: string;
}

/** What a clipped figure says on hover. */
function whole(value: ComponentChildren, note: ComponentChildren): string | undefined {
  return typeof value === "string" && typeof note === "string" ? `${value} ${note}` : undefined;
}

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="rw-facts">
      {facts.map(({ name, value, note, title }) => (
        <div key={name} class="rw-fact" title={title}>
          <dt>{name}</dt>
          <dd class="rw-clip" title={whole(value, note)}>
            {value}
            {note && <span class="rw-dim"> {note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
