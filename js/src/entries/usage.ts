/** The module of a usage meter on its own: what the stub loads for one. */

import css from "../../style/usage.css";
import type { Mount } from "../afm.js";
import { Usage } from "../usage/view.js";
import { mountAs } from "../views.js";

export const mount = (target: Mount) => mountAs(Usage, target, { usage: css });
