/** The module of a monitor: what the stub loads for one, beside what it shares with a card. */

import css from "../../style/monitor.css";
import sessions from "../../style/sessions.css";
import table from "../../style/table.css";
import usage from "../../style/usage.css";
import type { Mount } from "../afm.js";
import { Monitor } from "../monitor/monitor.js";
import { mountAs } from "../views.js";

export const mount = (target: Mount) =>
  mountAs(Monitor, target, { usage, sessions, monitor: css, table });
