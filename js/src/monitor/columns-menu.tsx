/** Which columns the table has, and in which order. */
import { Menu } from "../parts/menu.js";
import type { ColumnChoice, Layout } from "../table/layout.js";
import { ColumnsIcon, Tool } from "./tool-icons.js";

interface LineProps {
  readonly layout: Layout;
  readonly choice: ColumnChoice;
  /** It is wanted, and there is no room. */
  readonly crowded: boolean;
  readonly sorted: boolean;
  /** The last one that is shown stays. */
  readonly last: boolean;
}

function Line({ layout, choice: { key, title, shown }, crowded, sorted, last }: LineProps) {
  const move = (by: -1 | 1, name: string, arrow: string) => (
    <button
      type="button"
      class="rw-button rw-quiet rw-square"
      aria-label={`Move ${title} ${name}`}
      title={`Move ${name}`}
      aria-disabled={!shown || crowded}
      onClick={() => shown && !crowded && layout.move(key, by)}
    >
      <span aria-hidden="true">{arrow}</span>
    </button>
  );
  return (
    <li class="rw-row">
      <label class="rw-row rw-check rw-grow">
        <input
          type="checkbox"
          checked={shown}
          disabled={last}
          onChange={(event) => layout.show(key, event.currentTarget.checked)}
        />
        {title}
        {sorted && <span class="rw-dim">sorted by</span>}
        {crowded && <span class="rw-dim">no room</span>}
      </label>
      {move(-1, "to the front", "↑")}
      {move(1, "to the back", "↓")}
    </li>
  );
}

export function ColumnsMenu({ layout }: { layout: Layout }) {
  return (
    <Menu
      label={
        <Tool word="Columns">
          <ColumnsIcon />
        </Tool>
      }
      name="Columns"
      class="rw-columns-menu"
      title="Show, hide and order the columns"
    >
      {() => {
        const choices = layout.list.value;
        const fitting = layout.fitting.value;
        const unseen = layout.unseen.value;
        const shown = choices.filter((one) => one.shown).length;
        return (
          <>
            <ul class="rw-list">
              {choices.map((choice) => (
                <Line
                  key={choice.key}
                  layout={layout}
                  choice={choice}
                  crowded={choice.shown && !fitting.has(choice.key)}
                  sorted={unseen.includes(choice.title)}
                  last={choice.shown && shown === 1}
                />
              ))}
            </ul>
            <button type="button" class="rw-item" onClick={() => layout.reset()}>
              Reset the columns
            </button>
          </>
        );
      }}
    </Menu>
  );
}
