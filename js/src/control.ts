/**
 * A comm that the page opened itself. JupyterLab gives such a comm a thread of its own in the
 * kernel (a subshell), so that Cancel is heard while a cell is running; a widget's own messages
 * wait for the cell. One comm serves all views of a page that share a kernel.
 */
import type { Comm, Kernel } from "./afm.js";
import type { Progress, Reply } from "./wire.gen.js";

const TARGET = "runtime_widgets.control";
// A kernel without subshells never says so: the promise of one just stays open.
const PATIENCE_MS = 2500;

export interface Control {
  send(message: object): void;
  readonly replies: Set<(answer: Reply | Progress) => void>;
  readonly closed: Set<() => void>;
}

// A kernel that was slow once is tried again; one that never answers is not asked at each click.
const TRIES = 3;

const controls = new WeakMap<Kernel, Promise<Control | null>>();
const failures = new WeakMap<Kernel, number>();

function isAnswer(data: unknown): data is Reply | Progress {
  if (typeof data !== "object" || data === null || !("kind" in data)) return false;
  return data.kind === "reply" || data.kind === "progress";
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no subshell")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function open(kernel: Kernel, comm: Comm): Promise<Control | null> {
  if (!comm.subshellStarted) return null;
  await within(comm.subshellStarted, PATIENCE_MS);
  const control: Control = {
    send: (message) => comm.send(message),
    replies: new Set(),
    closed: new Set(),
  };
  comm.onMsg = ({ content }) => {
    const { data } = content;
    if (isAnswer(data)) for (const hear of [...control.replies]) hear(data);
  };
  comm.onClose = () => {
    controls.delete(kernel);
    for (const tell of [...control.closed]) tell();
  };
  comm.open({});
  return control;
}

/** The page's comm to this kernel; null where there can be none that a busy kernel hears. */
export function controlOf(kernel: Kernel | null | undefined): Promise<Control | null> {
  if (!kernel?.createComm || kernel.supportsSubshells === false) return Promise.resolve(null);
  let control = controls.get(kernel);
  if (!control) {
    const comm = kernel.createComm(TARGET);
    control = open(kernel, comm).catch(() => {
      const failed = (failures.get(kernel) ?? 0) + 1;
      failures.set(kernel, failed);
      if (failed < TRIES) controls.delete(kernel);
      return null;
    });
    controls.set(kernel, control);
    // A restarted kernel knows nothing of a comm that was opened before.
    const forget = (_: unknown, status: string) => {
      if (!/restarting|dead/.test(status)) return;
      kernel.statusChanged?.disconnect(forget);
      comm.onClose?.();
    };
    kernel.statusChanged?.connect(forget);
  }
  return control;
}
