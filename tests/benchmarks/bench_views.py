"""How soon a card is painted, and how soon after the server's word its badge is.

Peers in the same run: ipywidgets' own progress bar for the first, and the unmodified
upstream client's ``wait_for_final_state()`` on the same jobs for the second.
Run with ``pytest tests/benchmarks/bench_views.py -s``.
"""

from __future__ import annotations

import statistics
import threading
import time

import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.browser]

PAINTS = 12
JOBS = 30

# Runs one cell and measures until its output shows what `selector` names, on the next frame.
PAINT = """async ([index, selector]) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cell = panel.content.widgets[index];
  panel.content.activeCellIndex = index;
  const start = performance.now();
  const shown = new Promise((resolve) => {
    const look = () => cell.node.querySelector(selector) && requestAnimationFrame(() => {
      observer.disconnect();
      resolve(performance.now() - start);
    });
    const observer = new MutationObserver(look);
    observer.observe(cell.node, { childList: true, subtree: true });
  });
  void window.jupyterapp.commands.execute('notebook:run-cell');
  return await shown;
}"""

# Notes the page's clock when each row's badge turns to done, on the frame that paints it.
WATCH = """() => {
  window.painted = {};
  const note = () => requestAnimationFrame(() => {
    for (const row of document.querySelectorAll('.rw-lines [data-job]')) {
      const name = row.dataset.job;
      if (name && row.querySelector('.rw-badge.rw-is-done')) {
        window.painted[name] ??= Date.now() / 1000;
      }
    }
  });
  new MutationObserver(note).observe(document.body,
    { childList: true, subtree: true, attributes: true, characterData: true });
}"""


def quantiles(values):
    ordered = sorted(values)
    return statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]


def test_first_paint_of_a_card(notebook):
    cells = ["job", "ipywidgets.IntProgress(value=3)"]
    opened = notebook(
        "import ipywidgets\njob = service.run('sleeper', {'seconds': 0.1}, backend='local_exact')\n"
        "job.wait_for_final_state()\n_ = JobCard(job)",
        *cells * PAINTS,
    )
    for index in (0, 1):
        opened.page.evaluate(
            "(i) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i; "
            "return window.jupyterapp.commands.execute('notebook:run-cell'); }",
            index,
        )
    opened.wait_ready()
    card, peer = [], []
    for index in range(2, 2 + 2 * PAINTS, 2):
        card.append(opened.page.evaluate(PAINT, [index, ".rw-root .rw-badge"]))
        peer.append(opened.page.evaluate(PAINT, [index + 1, ".widget-hprogress .progress-bar"]))
    print(f"\nfirst card of the page: {card[0]:.0f} ms; first progress bar: {peer[0]:.0f} ms")
    ratio = statistics.median(c / p for c, p in zip(card[1:], peer[1:], strict=True))
    print(
        f"later ones, median of {PAINTS - 1}: card {statistics.median(card[1:]):.0f} ms, "
        f"progress bar {statistics.median(peer[1:]):.0f} ms, ratio {ratio:.2f}"
    )
    assert len(card) == PAINTS


def test_from_the_servers_word_to_the_badge(notebook, service, runtime, monkeypatch):
    before = {job.job_id() for job in service.jobs(limit=None)}
    opened = notebook(
        f"""jobs = [service.run("sleeper", {{"seconds": 0.3}}, backend=name)
        for _ in range({JOBS // 2}) for name in ("local_exact", "local_noisy")]
JobMonitor(jobs)"""
    )
    upstream = upstream_service(runtime, monkeypatch)
    peer: dict[str, float] = {}

    def wait_upstream(job_id: str) -> None:
        upstream.job(job_id).wait_for_final_state()
        peer[job_id] = time.time()

    opened.page.evaluate(WATCH)
    opened.run_all()
    jobs = [job for job in service.jobs(limit=None) if job.job_id() not in before]
    # Some only, so that upstream's polling does not slow the server down for the page.
    waiters = [threading.Thread(target=wait_upstream, args=[job.job_id()]) for job in jobs[:6]]
    for waiter in waiters:
        waiter.start()
    opened.page.wait_for_function(
        "(n) => document.querySelectorAll('.rw-lines .rw-badge.rw-is-done').length === n",
        arg=len(jobs),
        timeout=90_000,
    )
    for waiter in waiters:
        waiter.join()
    opened.page.wait_for_timeout(500)
    painted = opened.page.evaluate("() => window.painted")
    ended = {job.job_id(): service.client.job_get(job.job_id()).ended.timestamp() for job in jobs}
    ours = [(painted[i] - ended[i]) * 1000 for i in ended if i in painted]
    theirs = [(peer[i] - ended[i]) * 1000 for i in peer]
    (p50, p95), (q50, q95) = quantiles(ours), quantiles(theirs)
    print(
        f"\nended on the server -> badge painted, {len(ours)} jobs: "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"
    )
    print(
        f"ended on the server -> upstream's wait returns, {len(theirs)} jobs: "
        f"p50 {q50:.0f} ms, p95 {q95:.0f} ms; ratio of medians {p50 / q50:.2f}"
    )
    assert len(ours) >= JOBS // 2


def upstream_service(runtime, monkeypatch):
    """Point the unmodified upstream client at the embedded runtime."""
    upstream = pytest.importorskip("qiskit_ibm_runtime")
    address = runtime.address
    monkeypatch.setenv("IAM_URL", address.url)
    monkeypatch.setenv("QISKIT_FUNCTIONS_EXPERIMENTAL", "1")
    return upstream.QiskitRuntimeService(
        channel="ibm_quantum_platform",
        token=address.token,
        instance=address.instance,
        url=address.url,
        url_resolver=lambda *_args, **_kwargs: address.url + "/api/v1",
    )
