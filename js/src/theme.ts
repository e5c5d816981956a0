/** Whether the host is dark, in any host: by its own word, else by what is behind the view. */

const OPAQUE_ENOUGH = 0.5;

/** The relative brightness of a CSS colour as the browser computes it; null if see-through. */
export function brightness(color: string): number | null {
  const numbers = color.match(/[\d.]+/g)?.map(Number) ?? [];
  const [red, green, blue, alpha = 1] = numbers;
  if (red === undefined || green === undefined || blue === undefined) return null;
  if (alpha < OPAQUE_ENOUGH || !/^rgba?\(/.test(color)) return null;
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

function parentOf(node: Element): Element | null {
  const root = node.getRootNode();
  return node.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

function behind(el: Element): boolean | null {
  for (let node: Element | null = el; node; node = parentOf(node)) {
    const found = brightness(getComputedStyle(node).backgroundColor);
    if (found !== null) return found < 0.5;
  }
  return null;
}

export function isDark(el: Element): boolean {
  const { dataset, classList } = document.body;
  if (dataset.jpThemeLight) return dataset.jpThemeLight === "false";
  if (classList.contains("vscode-dark") || classList.contains("vscode-high-contrast")) return true;
  return behind(el) ?? matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Keeps `data-rw-theme` of `root` what the host's theme is, until `signal` ends. */
export function followTheme(root: HTMLElement, signal: AbortSignal): void {
  const apply = () => {
    root.dataset.rwTheme = isDark(root.parentElement ?? root) ? "dark" : "light";
  };
  apply();
  // A host swaps its style sheets after it has changed its attribute.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = () => {
    apply();
    clearTimeout(timer);
    timer = setTimeout(apply, 300);
  };
  const observer = new MutationObserver(later);
  const filter = { attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light"] };
  observer.observe(document.documentElement, filter);
  observer.observe(document.body, filter);
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", later);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    observer.disconnect();
    media.removeEventListener("change", later);
  });
}
