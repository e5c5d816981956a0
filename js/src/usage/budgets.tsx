/** The budgets that guard what is shown: what is used of each, and what it does or has done. */
import type { BudgetStore } from "../around.js";
import { timeOfDay } from "../format.js";
import type { BudgetInfo } from "../wire.gen.js";
import { Bar } from "./bar.js";
import { amount, inSeconds } from "./words.js";

const LEVELS = { near: "near", spent: "reached" } as const;

function levelOf(state: string): "ok" | "near" | "reached" {
  return LEVELS[state as keyof typeof LEVELS] ?? "ok";
}

/** What it will do, while there is something left. */
const WILL: Readonly<Record<string, string>> = {
  warn: "warns when it is spent",
  "cancel queued": "cancels queued jobs when it is spent",
  "call back": "tells the program when it is spent",
};

function standing({ qpu_seconds: all, used_s: used, state }: BudgetInfo): string {
  if (state === "spent") return "Spent";
  const rest = `${amount(Math.max(0, all - used))} left`;
  return state === "near" ? `Nearly spent: ${rest}` : rest;
}

/** Said aloud once, when it comes to that: the figures change too often to be read out. */
function news({ state, covers, note }: BudgetInfo): string {
  if (state === "near") return `The budget of ${covers} is nearly spent.`;
  return state === "spent" ? `The budget of ${covers} is spent. ${note}`.trim() : "";
}

function Budget({ budget, today }: { budget: BudgetInfo; today: number }) {
  const { qpu_seconds: all, used_s: used, state, covers, note, action, acted_at: at } = budget;
  const does = state === "spent" ? null : WILL[action];
  const says = `${inSeconds(used)} of ${inSeconds(all)} used by ${covers}`;
  return (
    <li class={`rw-budget rw-budget-${state}`}>
      <span title={`${says}, as the service reports it`}>
        <span class="rw-dim">Budget of {covers}:</span> <b>{amount(used)}</b> of {amount(all)}
      </span>
      <Bar
        label={`Budget of ${covers}`}
        says={says}
        used={used}
        limit={all}
        level={levelOf(state)}
      />
      <span class={state === "ok" ? "rw-dim" : "rw-usage-warns"}>{standing(budget)}</span>
      {does && <span class="rw-dim">{does}</span>}
      {at !== null && <span class="rw-dim">at {timeOfDay(at, today, true)}</span>}
      {note && <span>{note}</span>}
      <span class="rw-sr" role="status">
        {news(budget)}
      </span>
    </li>
  );
}

export function Budgets({ store }: { readonly store: BudgetStore }) {
  const budgets = store.budgets.value;
  if (!budgets.length) return null;
  return (
    <ul class="rw-budgets" aria-label="Budgets">
      {budgets.map((budget) => (
        <Budget key={budget.key} budget={budget} today={store.today} />
      ))}
    </ul>
  );
}
