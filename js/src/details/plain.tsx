/** Text of no form that is known here, and figures with their names. */
import type { ComponentChildren } from "preact";
import type { Named, PlainText } from "./shapes.gen.js";

interface TextProps {
  readonly label: string;
  readonly text: string;
  readonly cut?: boolean;
}

/** What scrolls is reached by keys, and has a name. */
export function Text({ label, text, cut = false }: TextProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section class="rw-logs" tabIndex={0} aria-label={label}>
      <pre>
        {text}
        {cut && "\n… and more, which is left out here"}
      </pre>
    </section>
  );
}

/** Opened when asked for. */
export function Folded({ title, plain }: { title: string; plain: PlainText | null }) {
  if (!plain?.text) return null;
  return (
    <details class="rw-folded">
      <summary>{title}</summary>
      <Text label={title} {...plain} />
    </details>
  );
}

interface GroupProps {
  readonly name: string;
  readonly note?: ComponentChildren;
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** Named, but not by a heading: which level that has is for the notebook around it to say. */
export function Group({ name, note, title, children }: GroupProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-pub" role="group" aria-label={name}>
      <div class="rw-pub-name" title={title}>
        <b>{name}</b>
        {note && <span class="rw-dim"> · {note}</span>}
      </div>
      {children}
    </div>
  );
}

export type Pair = readonly [string, ComponentChildren] | null | false;

/** Names and values; those that are null are left out. */
export function Pairs({ pairs }: { pairs: readonly Pair[] }) {
  return (
    <dl class="rw-pairs">
      {pairs.map(
        (pair) =>
          pair && (
            <div key={pair[0]}>
              <dt>{pair[0]}</dt>
              <dd>{pair[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export function named(list: readonly Named[]): readonly Pair[] {
  return list.map(({ name, value }) => [name, <code class="rw-mono">{value}</code>]);
}

interface PagerProps {
  readonly what: string;
  readonly first: number;
  readonly shown: number;
  readonly total: number;
  readonly onGo: (first: number) => void;
}

/** Which of many are shown, and the way to the others. */
export function Pager({ what, first, shown, total, onGo }: PagerProps) {
  if (shown >= total) return null;
  const go = (to: number) => () => onGo(Math.max(0, to));
  const size = Math.max(shown, 1);
  return (
    <div class="rw-row rw-wrap rw-pager">
      <span role="status">
        {what}s {first} to {first + shown - 1} of {total}, counted from 0
      </span>
      <button
        type="button"
        class="rw-button"
        aria-disabled={first === 0}
        onClick={() => first > 0 && onGo(Math.max(0, first - size))}
      >
        Previous
      </button>
      <button
        type="button"
        class="rw-button"
        aria-disabled={first + shown >= total}
        onClick={() => first + shown < total && go(first + shown)()}
      >
        Next
      </button>
    </div>
  );
}
