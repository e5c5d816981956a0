"""What is said of options that cannot be: where, why, and what was perhaps meant."""

from __future__ import annotations

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from runtime_widgets.server import problems

__all__ = ["refusal"]


def refusal(exc: ValidationError, kind: type[BaseModel]) -> problems.Problem:
    """Return the refusal of options that are not as their schema has them.

    A name that does not exist is told before a value that cannot be: it is the likelier slip.
    """
    errors = exc.errors(include_url=False, include_input=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    group, path, rest = _place(first["loc"], kind)
    if first["type"] != "extra_forbidden":
        return problems.bad_params(f"options.{_dotted(path)}: {str(first['msg'])[:300]}.")
    name = str(rest[0])
    before = "".join(f"{word}." for word in path)
    known = sorted(group.model_fields)
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean {before}{near[0]}? " if near else ""
    where = f" in {_dotted(path)}" if path else ""
    return problems.bad_params(
        f"options.{before}{name[:60]}: there is no such option.",
        f"{hint}There are{where}: {', '.join(known)}.",
    )


def _place(
    loc: tuple[Any, ...], kind: type[BaseModel]
) -> tuple[type[BaseModel], list[str], tuple[Any, ...]]:
    """Return the innermost group of a place, the path as a user writes it, and what is left.

    What is left after an option is pydantic's: the member of a union that was tried.
    """
    path: list[str] = []
    for at, word in enumerate(loc):
        field = kind.model_fields.get(word) if isinstance(word, str) else None
        if field is None:
            return kind, path, loc[at:]
        path.append(str(word))
        inner = _group(field.annotation)
        if inner is None:
            return kind, path, loc[at + 1 :]
        kind = inner
    return kind, path, ()


def _group(annotation: Any) -> type[BaseModel] | None:
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _dotted(path: list[str]) -> str:
    return ".".join(path)
