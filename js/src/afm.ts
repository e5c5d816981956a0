/** The part of anywidget's front-end module interface (0.11) that we use. */

export type CustomHandler = (content: unknown, buffers: DataView[]) => void;

export interface AfmModel {
  get(name: string): unknown;
  send(content: unknown): void;
  on(name: "msg:custom", callback: CustomHandler): void;
  on(name: `change:${string}`, callback: () => void): void;
  off(name: string, callback: CustomHandler | (() => void)): void;
  readonly widget_manager?: WidgetManager;
}

export interface SomeModel {
  get(name: string): unknown;
  /** False where no kernel has it: it was restored from a notebook's file. */
  readonly comm_live?: boolean | undefined;
}

/** What every host's widget manager can do, and what only JupyterLab's has. */
export interface WidgetManager {
  get_model(id: string): Promise<SomeModel>;
  readonly kernel?: Kernel | null;
}

/** A kernel connection of @jupyterlab/services. */
export interface Kernel {
  readonly status?: string;
  readonly supportsSubshells?: boolean;
  readonly statusChanged?: {
    connect(slot: (sender: unknown, status: string) => void): void;
    disconnect(slot: (sender: unknown, status: string) => void): void;
  };
  createComm?(target: string): Comm;
}

export interface Comm {
  readonly isDisposed?: boolean;
  /** Settles when the comm has a thread of its own in the kernel; never where it cannot. */
  readonly subshellStarted?: Promise<void>;
  onMsg: (message: { content: { data?: unknown } }) => void;
  onClose?: () => void;
  open(data?: unknown): unknown;
  send(data: unknown): unknown;
}

/** A message to all views of a model, by its number. */
export interface Numbered {
  readonly seq: number;
}

/** What the stub hands to a view's module. */
export interface Mount {
  readonly model: AfmModel;
  readonly el: HTMLElement;
  readonly signal: AbortSignal;
  /** The messages that came before the view could hear for itself, the latest last. */
  readonly heard: () => readonly Numbered[];
}

export interface Views {
  mount(target: Mount): void;
}
