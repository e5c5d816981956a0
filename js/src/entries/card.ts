/** The module of a card: what the stub loads for one. */
import type { Mount } from "../afm.js";
import { Card } from "../card.js";
import { mountAs } from "../views.js";

export const mount = (target: Mount) => mountAs(Card, target);
