/** An anywidget model and a JupyterLab kernel, as far as the front-end uses them. */
import type { AfmModel, Comm, Kernel, WidgetManager } from "../src/afm.js";

type Callback = (...args: never[]) => void;

export class FakeModel implements AfmModel {
  readonly sent: unknown[] = [];
  readonly callbacks = new Map<string, Set<Callback>>();
  readonly widget_manager?: WidgetManager;
  #state: Record<string, unknown>;

  constructor(state: Record<string, unknown>, manager?: WidgetManager) {
    this.#state = state;
    if (manager) this.widget_manager = manager;
  }

  get(name: string): unknown {
    return this.#state[name];
  }

  set(name: string, value: unknown): void {
    this.#state[name] = value;
    this.#fire(`change:${name}`);
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  on(name: string, callback: Callback): void {
    const found = this.callbacks.get(name) ?? new Set();
    this.callbacks.set(name, found.add(callback));
  }

  off(name: string, callback: Callback): void {
    this.callbacks.get(name)?.delete(callback);
  }

  /** A custom message from the kernel. */
  receive(content: unknown, buffers: DataView[] = []): void {
    this.#fire("msg:custom", content, buffers);
  }

  get listeners(): number {
    return [...this.callbacks.values()].reduce((sum, found) => sum + found.size, 0);
  }

  #fire(name: string, ...args: unknown[]): void {
    for (const callback of [...(this.callbacks.get(name) ?? [])]) callback(...(args as never[]));
  }
}

export class FakeComm implements Comm {
  readonly sent: unknown[] = [];
  opened = 0;
  onMsg: Comm["onMsg"] = () => undefined;
  onClose?: () => void;
  readonly subshellStarted?: Promise<void>;

  constructor(subshellStarted?: Promise<void>) {
    if (subshellStarted) this.subshellStarted = subshellStarted;
  }

  open(): void {
    this.opened++;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  receive(data: unknown): void {
    this.onMsg({ content: { data } });
  }
}

export class FakeKernel implements Kernel {
  status = "busy";
  readonly comms: FakeComm[] = [];
  readonly slots = new Set<(sender: unknown, status: string) => void>();
  readonly #subshell: (() => Promise<void>) | undefined;
  readonly statusChanged = {
    connect: (slot: (sender: unknown, status: string) => void) => void this.slots.add(slot),
    disconnect: (slot: (sender: unknown, status: string) => void) => void this.slots.delete(slot),
  };

  constructor(subshell?: () => Promise<void>) {
    this.#subshell = subshell;
  }

  createComm(): FakeComm {
    const comm = new FakeComm(this.#subshell?.());
    this.comms.push(comm);
    return comm;
  }

  become(status: string): void {
    this.status = status;
    for (const slot of [...this.slots]) slot(this, status);
  }
}

export function managerOf(kernel: Kernel, models: Record<string, FakeModel> = {}): WidgetManager {
  return {
    kernel,
    get_model: async (id) => {
      const model = models[id];
      if (!model) throw new Error("widget model not found");
      return model;
    },
  };
}
