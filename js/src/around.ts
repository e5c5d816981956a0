/** What is around the rows, as the parts that show it need it of a store. */
import type { ReadonlySignal } from "@preact/signals";
import type { BudgetInfo, DeviceInfo, SessionInfo, UsageInfo } from "./wire.gen.js";

/** The time by the server's clock. */
export interface Time {
  /** Ticks where it is read. */
  readonly now: number;
  /** Does not tick: for telling whether a date is today's. */
  readonly today: number;
}

export interface UsageStore extends Time {
  readonly usage: ReadonlySignal<readonly UsageInfo[]>;
}

export interface BudgetStore extends Time {
  readonly budgets: ReadonlySignal<readonly BudgetInfo[]>;
}

export interface SessionStore extends Time {
  readonly sessions: ReadonlySignal<readonly SessionInfo[]>;
}

export interface DeviceStore extends Time {
  /** How many jobs have not ended. */
  readonly open: ReadonlySignal<number>;
  readonly devices: ReadonlySignal<ReadonlyMap<string, DeviceInfo>>;
}
