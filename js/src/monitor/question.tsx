/** The one question before something is done to many jobs: asked in its place, by what and how many. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { BulkKind } from "../bulk.js";
import { count, plural } from "../format.js";
import { FULL, MAX_TAGS, tagTrouble } from "../parts/tags.js";
import { concerned, costs, order, type Selected } from "./costs.js";

// More of them in one panel help nobody: the search field finds the others' jobs.
const MOST_TAGS = 40;

interface Props {
  readonly kind: BulkKind;
  readonly selected: Selected;
  /** Those that it is about: they are set when it is asked, and may grow fewer, never more. */
  readonly jobIds: readonly string[];
  /** How many of the selected jobs the search and the filters hide. */
  readonly unseen: number;
  readonly onConfirm: (jobIds: readonly string[], tags: readonly string[]) => void;
  readonly onKeep: () => void;
}

interface FormProps extends Props {
  readonly title: string;
  readonly body?: ComponentChildren;
  /** What the button says; null where there is nothing yet to be asked. */
  readonly confirm: string;
  readonly trouble?: string | null;
  readonly tags?: readonly string[];
  readonly ready?: boolean;
}

function Form({ body, confirm, trouble = null, tags = [], ready = true, ...props }: FormProps) {
  const { kind, selected, jobIds, unseen, title, onConfirm, onKeep } = props;
  const keep = useRef<HTMLButtonElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const late = concerned(kind, selected).length - jobIds.length;
  const since = `${count(late)} more ended since you asked: nothing is asked for ${late === 1 ? "it" : "them"}.`;
  const hidden = `${count(unseen)} of the selected ${unseen === 1 ? "is" : "are"} not shown: what is searched for hides ${unseen === 1 ? "it" : "them"}.`;
  const says = [unseen > 0 && hidden, costs(kind, selected), late > 0 && since]
    .filter(Boolean)
    .join(" ");
  useEffect(() => {
    const field = form.current?.querySelector<HTMLElement>("input, .rw-choices button");
    (field ?? keep.current)?.focus();
  }, []);
  const confirmed = () => {
    if (ready) onConfirm(jobIds, tags);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const typed = event.composedPath()[0] instanceof HTMLInputElement;
    if (event.key !== "Escape" && !(event.key === "Enter" && typed)) return;
    event.stopPropagation();
    event.preventDefault();
    if (event.key === "Escape") onKeep();
    // Not left to the browser: JupyterLab takes the key from a form in an output.
    else confirmed();
  };
  return (
    <form
      class="rw-question"
      aria-label={`${title}? ${says}`}
      ref={form}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        confirmed();
      }}
    >
      <div class="rw-grow">
        <b>{title}?</b> {says}
        {body}
        {trouble && (
          <div class="rw-said" role="alert">
            {trouble}
          </div>
        )}
      </div>
      <span class="rw-actions">
        <button
          type="submit"
          class={`rw-button ${kind === "tag" || kind === "untag" ? "rw-main" : "rw-danger"}`}
          aria-disabled={!ready}
        >
          {confirm}
        </button>
        <button type="button" class="rw-button" onClick={onKeep} ref={keep}>
          {kind === "cancel" || kind === "delete" ? "Keep" : "Leave it"}
        </button>
      </span>
    </form>
  );
}

function TagForm({ jobIds, ...props }: Props) {
  const text = useSignal("");
  const tags = [...new Set(text.value.split(",").map((one) => one.trim()))].filter(Boolean);
  const [strange] = tags.map((tag) => tagTrouble(tag, [])).filter((one) => one !== null);
  const wrong = strange ?? (tags.length > MAX_TAGS ? FULL : null);
  const named = tags.length ? ` with ${tags.map((tag) => `“${tag}”`).join(", ")}` : "";
  const field = (
    <div class="rw-row">
      <input
        class="rw-input rw-grow"
        aria-label="Tags to add, with commas between them"
        placeholder="Tags to add, with commas between them"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
    </div>
  );
  return (
    <Form
      {...props}
      jobIds={jobIds}
      title={order("tag", jobIds.length)}
      body={field}
      confirm={`Tag ${plural(jobIds.length, "job")}${tags.length > 2 ? ` with ${tags.length} tags` : named}`}
      trouble={wrong}
      tags={tags}
      ready={tags.length > 0 && wrong === null}
    />
  );
}

function UntagForm({ selected, ...props }: Props) {
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const all = useMemo(
    () => [...selected.tags].sort(([, a], [, b]) => b - a).slice(0, MOST_TAGS),
    [selected],
  );
  const toggle = (tag: string) => {
    const next = new Set(chosen.value);
    if (!next.delete(tag)) next.add(tag);
    chosen.value = next;
  };
  const choices = (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-row rw-wrap rw-choices" role="group" aria-label="Tags to take away">
      {all.map(([tag, n]) => (
        <button
          key={tag}
          type="button"
          class="rw-button rw-chip"
          aria-pressed={chosen.value.has(tag)}
          onClick={() => toggle(tag)}
        >
          <span class="rw-clip">{tag}</span> <span class="rw-dim">{count(n)}</span>
        </button>
      ))}
      {selected.tags.size > MOST_TAGS && (
        <span class="rw-dim">and {count(selected.tags.size - MOST_TAGS)} more</span>
      )}
    </div>
  );
  const tags = [...chosen.value];
  return (
    <Form
      {...props}
      selected={selected}
      title={order("untag", props.jobIds.length)}
      body={choices}
      confirm={tags.length ? `Take away ${plural(tags.length, "tag")}` : "Take away"}
      tags={tags}
      ready={tags.length > 0}
    />
  );
}

export function Question(props: Props) {
  const { kind, jobIds } = props;
  if (kind === "tag") return <TagForm {...props} />;
  if (kind === "untag") return <UntagForm {...props} />;
  const title = order(kind, jobIds.length);
  return <Form {...props} title={title} confirm={title} />;
}
