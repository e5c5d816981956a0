/**
 * In the page of bench_table.py: shows the same rows by each way to show them, and measures what
 * a person would see. A time ends two animation frames after the rows are in the document.
 */

const HEIGHT = 600;
const SCROLL_FRAMES = 180;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

async function painted() {
  await frame();
  await frame();
  return performance.now();
}

/** Waits, looking at each change of the document, until `is` says so. */
function until(is, limit = 30_000) {
  return new Promise((resolve, reject) => {
    if (is()) return resolve();
    const give = setTimeout(() => reject(new Error(`${way.constructor.name} in vain: ${is}`)), limit);
    const observer = new MutationObserver(() => {
      if (!is()) return;
      clearTimeout(give);
      observer.disconnect();
      resolve();
    });
    const all = { childList: true, subtree: true, characterData: true, attributes: true };
    observer.observe(document, all);
  });
}

/** What comes from Python: JSON with its length before it, and the buffers that it has places for. */
export async function fetched(url) {
  const body = await (await fetch(url)).arrayBuffer();
  const length = new DataView(body).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  let at = 4 + length;
  for (const [place, size] of head.places) {
    const last = place.at(-1);
    const owner = place.slice(0, -1).reduce((owner, key) => owner[key], head.data);
    // Each buffer of a message is one of its own, as it comes off a socket.
    owner[last] = new DataView(body.slice(at, at + size));
    at += size;
  }
  return head.data;
}

function placed() {
  const el = document.createElement("div");
  el.style.width = "1200px";
  document.body.append(el);
  return el;
}

class Model {
  state;
  heard = new Map();
  constructor(state) {
    this.state = state;
  }
  get(name) {
    return this.state[name];
  }
  send() {}
  on(name, callback) {
    this.heard.set(name, [...(this.heard.get(name) ?? []), callback]);
  }
  off() {}
  tell(name, ...args) {
    for (const callback of this.heard.get(name) ?? []) callback(...args);
  }
}

/** Ours: the bundle that ships, with a model such as anywidget gives it. */
class Ours {
  async prepare(snapshot, { empty }) {
    const { mount } = await import("/static/monitor.js");
    this.model = new Model({ _snapshot: empty, _label: "Jobs", _view_id: "" });
    this.snapshot = snapshot;
    this.el = placed();
    mount({ model: this.model, el: this.el, signal: new AbortController().signal, heard: () => [] });
    await painted();
  }
  show() {
    this.model.state._snapshot = this.snapshot;
    this.model.tell("change:_snapshot");
  }
  rows() {
    return [...this.el.querySelectorAll("[role=row][data-job], tr[data-job]")];
  }
  change({ message }) {
    this.model.tell("msg:custom", message, []);
  }
  header(title) {
    const found = [...this.el.querySelectorAll("[role=columnheader], th")];
    const cell = found.find((one) => one.textContent.trim().startsWith(title));
    return cell.querySelector("button") ?? cell;
  }
  search() {
    return this.el.querySelector(".rw-search input");
  }
}

/** The columns that the peers show: ours. */
const SHOWN = [
  ["Status", (row) => row.label],
  ["Job", (row) => row.name ?? row.tags[0] ?? row.id],
  ["Id", (row) => row.id],
  ["Program", (row) => row.program],
  ["Device", (row) => row.device],
  ["Tags", (row) => row.tags.join(", ")],
  ["Created", (row) => new Date(row.created * 1000).toISOString()],
  ["Elapsed", (row) => (row.ended ? row.ended - row.created : null)],
  ["Estimate", (row) => row.usage_estimate_s],
  ["Usage", (row) => row.usage_s],
  ["Session", (row) => row.session],
];
const text = (value) => (value === null || value === undefined ? "" : String(value));

/** What one writes first: a table element with all rows. */
class Plain {
  async prepare(_, { list }) {
    this.el = placed();
    this.list = list;
    this.lines = new Map();
  }
  line(row) {
    const tr = document.createElement("tr");
    tr.dataset.job = row.id;
    for (const [, value] of SHOWN) tr.insertCell().textContent = text(value(row));
    return tr;
  }
  show() {
    const scroller = document.createElement("div");
    Object.assign(scroller.style, { height: `${HEIGHT}px`, overflow: "auto" });
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const [title] of SHOWN) {
      const th = document.createElement("th");
      th.textContent = title;
      th.onclick = () => this.sort(title);
      head.append(th);
    }
    this.body = table.createTBody();
    for (const row of this.list) {
      const line = this.line(row);
      this.lines.set(row.id, line);
      this.body.append(line);
    }
    const input = document.createElement("input");
    input.oninput = () => this.filter(input.value);
    scroller.append(table);
    this.el.append(input, scroller);
  }
  sort(title) {
    const at = SHOWN.findIndex(([one]) => one === title);
    const order = new Intl.Collator(undefined, { numeric: true }).compare;
    const lines = [...this.body.rows].map((tr) => [tr.cells[at].textContent, tr]);
    this.turned = !this.turned;
    lines.sort(([a], [b]) => (this.turned ? order(a, b) : order(b, a)));
    const sorted = document.createDocumentFragment();
    for (const [, tr] of lines) sorted.append(tr);
    this.body.append(sorted);
  }
  filter(word) {
    for (const tr of this.body.rows) tr.hidden = !tr.textContent.toLowerCase().includes(word);
  }
  rows() {
    const found = [];
    for (let tr = this.body?.firstElementChild; tr && found.length < 20; tr = tr.nextElementSibling)
      if (!tr.hidden) found.push(tr);
    return found;
  }
  change({ message }) {
    for (const { id, label } of message.jobs) {
      this.lines.get(id).cells[0].textContent = label;
    }
  }
  header(title) {
    return [...this.el.querySelectorAll("th")].find((th) => th.textContent === title);
  }
  search() {
    return this.el.querySelector("input");
  }
}

/** itables: the HTML that it makes, pages of ten rows as it has them by default. */
class DataTables {
  async prepare(_, { list, html, init }) {
    this.el = placed();
    this.places = new Map(list.map((row, at) => [row.id, at]));
    this.put(await (await fetch(init)).text());
    this.html = await (await fetch(html)).text();
    this.module = await window[Object.keys(window).find((key) => key.startsWith("_itables_"))];
  }
  put(html) {
    this.el.append(document.createRange().createContextualFragment(html));
  }
  show() {
    this.put(this.html);
  }
  rows() {
    return [...this.el.querySelectorAll("table.dataTable tbody tr")];
  }
  api() {
    return this.module.jQuery("table.dataTable").last().DataTable();
  }
  change({ message }) {
    const table = this.api();
    for (const { id, label } of message.jobs) {
      table.cell(this.places.get(id), 0).data(label);
    }
    table.draw(false);
  }
  header(title) {
    const th = [...this.el.querySelectorAll("th")].find((one) => one.textContent.startsWith(title));
    // A title can be selected as text, so that only the arrows beside it sort.
    return th.querySelector(".dt-column-order") ?? th;
  }
  search() {
    return this.el.querySelector("input[type=search]");
  }
}

const WAYS = { ours: Ours, plain: Plain, itables: DataTables };
let way;
let changes;

export async function prepare(name, snapshotUrl, extras) {
  way = new WAYS[name]();
  const snapshot = name === "ours" ? await fetched(snapshotUrl) : null;
  changes = await (await fetch(extras.changes)).json();
  const list = extras.list ? await (await fetch(extras.list)).json() : null;
  await way.prepare(snapshot, { ...extras, list });
}

export async function show() {
  const start = performance.now();
  way.show();
  await until(() => way.rows().length > 0);
  return (await painted()) - start;
}

const firstRows = () =>
  way
    .rows()
    .slice(0, 5)
    .map((row) => row.textContent)
    .join("\n");

/** Clicks on a header, as often as there are names; how long until the order is another. */
export async function sort(titles) {
  const times = [];
  for (const title of titles) {
    const before = firstRows();
    const start = performance.now();
    way.header(title).click();
    await until(() => firstRows() !== before);
    times.push((await painted()) - start);
  }
  return times;
}

/** Types a word, a key at a time; how long each took. */
export async function type(word) {
  const field = way.search();
  const times = [];
  for (let n = 1; n <= word.length; n++) {
    const start = performance.now();
    field.value = word.slice(0, n);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
    if (n === word.length) {
      const all = () => way.rows().every((row) => row.textContent.toLowerCase().includes(word));
      await until(() => way.rows().length > 0 && all());
    }
    times.push((await painted()) - start);
  }
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
  await painted();
  return times;
}

/** A message with changes comes; how long until the row that is to be seen of it says so. */
export async function change(number) {
  const what = changes[number];
  const is = (row) => row.dataset.job === what.seen || row.textContent.includes(what.seen);
  const seen = () => way.rows().find(is);
  const has = () => {
    const text = seen()?.textContent ?? "";
    return text.includes("Failed");
  };
  if (seen() && has()) throw new Error("it said so before");
  const start = performance.now();
  way.change(what);
  if (seen()) await until(has);
  return (await painted()) - start;
}

function scrollerOf(el) {
  for (let at = el; at; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(at).overflowY))
      return at;
  }
  return null;
}

/** Scrolls through all rows: how long each frame took, and how many were without a row. */
export async function scroll() {
  const scroller = scrollerOf(way.rows()[0]);
  if (!scroller) return null;
  const box = scroller.getBoundingClientRect();
  const middle = [box.left + box.width / 3, box.top + box.height / 2];
  const whole = scroller.scrollHeight - scroller.clientHeight;
  const times = [];
  let empty = 0;
  let last = await frame();
  for (let n = 1; n <= SCROLL_FRAMES; n++) {
    scroller.scrollTop = (whole * n) / SCROLL_FRAMES;
    const now = await frame();
    times.push(now - last);
    last = now;
    if (!document.elementFromPoint(...middle)?.closest("[data-job]")) empty++;
  }
  scroller.scrollTop = 0;
  await painted();
  return { times, empty };
}
