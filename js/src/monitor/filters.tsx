/** Which jobs are shown: a search field, a menu of what there is, and what is filtered by now. */
import { useSignal } from "@preact/signals";
import { count } from "../format.js";
import { CrossIcon } from "../parts/icons.js";
import { Menu } from "../parts/menu.js";
import { useName } from "../parts/names.js";
import type { Engine, FacetValue } from "../table/engine.js";
import { STOP } from "../table/line.js";
import type { Facet, Filter } from "../table/matching.js";
import { STATE_LABELS, type StateKey } from "../wire.gen.js";
import { FilterIcon, Tool } from "./tool-icons.js";

// The search field finds what is not among these.
const MOST = 12;

const FACETS: readonly (readonly [Facet, string])[] = [
  ["status", "Status"],
  ["device", "Device"],
  ["program", "Program"],
  ["tag", "Tag"],
  ["session", "Session"],
];

function shown(facet: Facet, value: string): string {
  return facet === "status" ? (STATE_LABELS[value as StateKey]?.toLowerCase() ?? value) : value;
}

interface Props {
  readonly table: Engine;
}

/** The search field of the view that `part` is in. */
export function searchBy(part: Element): HTMLElement | null {
  return part.closest(".rw-mon")?.querySelector<HTMLElement>(".rw-search input") ?? null;
}

/** Gives the keys to the table's cell that had them last; false where there is none. */
function toTable(from: Element): boolean {
  const cell = from.closest(".rw-mon")?.querySelector<HTMLElement>(`.rw-lines ${STOP}`);
  cell?.focus();
  return cell !== null && cell !== undefined;
}

export function Search({ table }: Props) {
  const id = useName();
  const problem = table.problem.value;
  return (
    <span class="rw-search">
      <input
        class="rw-input"
        type="search"
        aria-label="Search the jobs"
        placeholder="Search, or  device:fez  -tag:test"
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : id}
        value={table.query.value}
        onInput={(event) => {
          table.query.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === "ArrowDown") {
            if (event.isComposing || !toTable(event.currentTarget)) return;
            event.preventDefault();
          } else if (event.key === "Escape" && table.query.peek()) table.query.value = "";
          else return;
          event.stopPropagation();
        }}
      />
      {problem !== null && (
        <span class="rw-problem" id={id} role="status">
          {problem}
        </span>
      )}
    </span>
  );
}

interface ValueProps extends Props {
  readonly facet: Facet;
  readonly title: string;
  readonly found: FacetValue;
}

function Value({ table, facet, title, found: { value, count: n } }: ValueProps) {
  const filter = table.filters.value.find((one) => one.facet === facet && one.value === value);
  const name = `${title.toLowerCase()} ${shown(facet, value)}`;
  return (
    <li class="rw-row">
      <span class="rw-clip rw-grow" title={value}>
        {shown(facet, value)}
      </span>
      <span class="rw-dim">{count(n)}</span>
      {(["only", "not"] as const).map((which) => (
        <button
          key={which}
          type="button"
          class="rw-button rw-chip"
          aria-pressed={filter?.exclude === (which === "not")}
          aria-label={`${which} ${name}`}
          onClick={() => table.toggleFilter(facet, value, which === "not")}
        >
          {which}
        </button>
      ))}
    </li>
  );
}

// As the search field's language has them.
const AGES: readonly (readonly [term: string, words: string])[] = [
  ["today", "today"],
  ["24h", "in the last 24 h"],
  ["7d", "in the last 7 days"],
  [">7d", "longer than 7 days ago"],
];
const CREATED = /\s*(?<!\S)-?created:\S*/gi;

/** By when they were created: written into the search field, where it can be refined. */
function Dates({ table }: Props) {
  const text = table.query.value;
  const now = text.match(CREATED)?.map((term) => term.trim().toLowerCase()) ?? [];
  const set = (term: string) => {
    const rest = text.replaceAll(CREATED, "").trim();
    table.query.value = now.includes(term) ? rest : `${rest} ${term}`.trim();
  };
  return (
    <section aria-label="Created">
      <div class="rw-popup-title">Created</div>
      <div class="rw-row rw-wrap">
        {AGES.map(([age, words]) => (
          <button
            key={age}
            type="button"
            class="rw-button rw-chip"
            aria-pressed={now.includes(`created:${age}`)}
            onClick={() => set(`created:${age}`)}
          >
            {words}
          </button>
        ))}
      </div>
    </section>
  );
}

/** Every value that there is to filter by, most frequent first, to be shown alone or left out. */
export function FilterMenu({ table }: Props) {
  const text = useSignal("");
  return (
    <Menu
      label={
        <Tool word="Filter">
          <FilterIcon />
        </Tool>
      }
      name="Filter"
      title="Show only some jobs, or all but some"
    >
      {() => {
        const facets = table.facets.value;
        const wanted = text.value.trim().toLowerCase();
        const sections = FACETS.map(([facet, title]) => {
          const all = facets.get(facet) ?? [];
          const found = all.filter(({ value }) =>
            shown(facet, value).toLowerCase().includes(wanted),
          );
          return { facet, title, all, found };
        }).filter(({ found, all }) => found.length > 0 && all.length > 1);
        return (
          <>
            <input
              class="rw-input"
              type="search"
              aria-label="Find a value"
              placeholder="Find a value"
              value={text.value}
              onInput={(event) => {
                text.value = event.currentTarget.value;
              }}
              onKeyDown={(event) => {
                const [only, other] = sections.flatMap(({ facet, found }) =>
                  found.map(({ value }) => [facet, value] as const),
                );
                if (event.key !== "Enter" || !wanted || !only || other) return;
                event.preventDefault();
                table.toggleFilter(...only);
              }}
            />
            {sections.map(({ facet, title, found }) => (
              <section key={facet} aria-label={title}>
                <div class="rw-popup-title">{title}</div>
                <ul class="rw-list">
                  {found.slice(0, MOST).map((one) => (
                    <Value key={one.value} table={table} facet={facet} title={title} found={one} />
                  ))}
                </ul>
                {found.length > MOST && (
                  <div class="rw-dim rw-popup-more">
                    and {count(found.length - MOST)} more: type to find them
                  </div>
                )}
              </section>
            ))}
            {!wanted && <Dates table={table} />}
            {sections.length === 0 && (
              <div class="rw-dim">
                {wanted
                  ? "Nothing is called so."
                  : "All jobs are alike: there is nothing to filter by."}
              </div>
            )}
          </>
        );
      }}
    </Menu>
  );
}

function words({ facet, value, exclude }: Filter): string {
  const title = FACETS.find(([one]) => one === facet)?.[1].toLowerCase() ?? facet;
  return `${exclude ? "not " : ""}${title}: ${shown(facet, value)}`;
}

/** What is filtered by, each to be taken away; nothing where nothing is. */
export function ActiveFilters({ table }: Props) {
  const filters = table.filters.value;
  if (filters.length === 0) return null;
  return (
    <div class="rw-row rw-wrap rw-active">
      <ul class="rw-tags" aria-label="Filters">
        {filters.map((filter) => (
          <li key={words(filter)} class="rw-tag">
            <span class="rw-clip">{words(filter)}</span>
            <button
              type="button"
              class="rw-tag-x"
              aria-label={`Remove the filter ${words(filter)}`}
              onClick={(event) => {
                // It goes away: the next one has the keys, else the search field.
                const item = event.currentTarget.parentElement;
                const next = item?.nextElementSibling ?? item?.previousElementSibling;
                const heir = next?.querySelector<HTMLElement>(".rw-tag-x");
                (heir ?? searchBy(event.currentTarget))?.focus();
                table.toggleFilter(filter.facet, filter.value, filter.exclude);
              }}
            >
              <CrossIcon />
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="rw-button rw-quiet"
        onClick={(event) => {
          // It goes away with them: the keys go on from the search field.
          searchBy(event.currentTarget)?.focus();
          table.filters.value = [];
        }}
      >
        Clear filters
      </button>
    </div>
  );
}
