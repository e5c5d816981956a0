"""axe-core in a page of a browser test: what it holds against the parts of ours in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["violations"]

_AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

_RUN = """async ([root, tags, disabled]) => {
  const rules = Object.fromEntries(disabled.map((rule) => [rule, { enabled: false }]));
  const options = { runOnly: { type: 'tag', values: tags }, rules, resultTypes: ['violations'] };
  const { violations, passes } = await axe.run({ include: [[root]] }, options);
  return {
    checked: passes.length,
    found: violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`)),
  };
}"""

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_OF_THE_PAGE = ["region"]
"""Rules about the page around us: which landmarks it has is the host's affair."""


def violations(page: Any, root: str = ".rw-root") -> list[str]:
    """Return what axe-core finds wrong inside `root`, a line for each element.

    Raises
    ------
    AssertionError
        It checked nothing: there is no such element, or it is empty.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=str(_AXE))
    answer = page.evaluate(_RUN, [root, _TAGS, _OF_THE_PAGE])
    assert answer["checked"] > 5, f"axe-core found nothing to check in {root}"
    found: list[str] = answer["found"]
    return found
