/** All the keys, in a dialog: opened by "?", closed by Escape, and then the focus goes back. */
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { useName } from "../parts/names.js";

export interface Key {
  readonly keys: readonly string[];
  readonly does: string;
}

/** The keys of the frame; those of the table are the table's. */
export const FRAME_KEYS: readonly Key[] = [
  { keys: ["/"], does: "Go to the search field" },
  { keys: ["Shift+Enter"], does: "On a state: show all but these jobs" },
  { keys: ["?"], does: "Show these keys" },
];

interface Props {
  readonly groups: readonly (readonly [title: string, keys: readonly Key[]])[];
  /** What can be written in the search field. */
  readonly search: readonly (readonly [example: string, what: string])[];
  readonly dialog: RefObject<HTMLDialogElement | null>;
}

function Keys({ keys }: Pick<Key, "keys">) {
  return (
    <>
      {keys.map((key, i) => (
        <>
          {i > 0 && " or "}
          <kbd>{key}</kbd>
        </>
      ))}
    </>
  );
}

export function Help({ groups, search, dialog }: Props) {
  const title = useName();
  // Taken away while it is open, it would leave the page inert.
  useEffect(() => () => dialog.current?.close(), [dialog]);
  return (
    <dialog
      class="rw-help"
      aria-labelledby={title}
      ref={dialog}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
    >
      <div class="rw-row">
        <h2 id={title}>Keys and search</h2>
        <span class="rw-end">
          <button
            type="button"
            class="rw-button"
            onClick={() => {
              dialog.current?.close();
            }}
          >
            Close
          </button>
        </span>
      </div>
      {groups.map(([name, keys]) => (
        <section key={name}>
          <h3>{name}</h3>
          <dl>
            {keys.map(({ keys: these, does }) => (
              <div key={does}>
                <dt>
                  <Keys keys={these} />
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <section>
        <h3>In the search field</h3>
        <dl>
          {search.map(([example, what]) => (
            <div key={example}>
              <dt>
                <code class="rw-mono">{example}</code>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
      <p class="rw-dim">Bare keys count only while the focus is in this view.</p>
    </dialog>
  );
}
