"""One record a type, found by its name on the wire or by its Python class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reader import Reader
    from .writer import Writer

__all__ = ["Kind", "Opaque", "by_class", "by_name", "kinds", "register"]


@dataclass(frozen=True)
class Kind:
    """How one type travels.

    Parameters
    ----------
    name : str or None
        Its ``__type__``. None for types that travel as plain JSON and so are never
        recognised on the way back (numpy scalars, PUBs).
    python : tuple of type or str
        The classes it encodes, subclasses included; as text
        (``"package.module.Class"``) where importing the class would be heavy.
    to_wire : callable, optional
        ``(object, Writer) -> value``; the value may again hold anything encodable.
        None where a kind is only read.
    from_wire : callable, optional
        ``(value, Reader) -> object``; the value's own envelopes are decoded already.
        None where a kind is only written.
    whole : bool
        True where both functions deal in the entire envelope rather than in its
        ``__value__``.
    classes : tuple of str, optional
        Where one ``__type__`` stands for many classes, the values of ``__class__`` that are
        read; the others are unknown.
    """

    name: str | None
    python: tuple[type | str, ...]
    to_wire: Callable[[Any, Writer], Any] | None = None
    from_wire: Callable[[Any, Reader], Any] | None = None
    whole: bool = False
    classes: tuple[str, ...] | None = None

    def reads(self, envelope: Mapping[str, Any]) -> bool:
        """Say whether an envelope of this kind's name is of a class that it reads."""
        return self.classes is None or envelope.get("__class__") in self.classes


@dataclass(frozen=True)
class Opaque:
    """Something of a type that this version does not know, kept as it came.

    Only `ResultDecoder` (and ``keep_unknown=True``) lets one through, so that a new
    kind of metadata does not make a paid-for result unreadable. Encoding it gives
    the same JSON back.

    Parameters
    ----------
    type_name : str
        The ``__type__`` that nobody here knows.
    raw : Mapping
        The whole JSON object, undecoded.
    """

    type_name: str
    raw: Mapping[str, Any] = field(repr=False)


_by_name: dict[str, Kind] = {}
_by_path: dict[str, Kind] = {}
_of_class: dict[type, Kind | None] = {}


def _class_path(cls: type | str) -> str:
    return cls if isinstance(cls, str) else f"{cls.__module__}.{cls.__qualname__}"


def register(kind: Kind, *, replace: bool = False) -> None:
    """Make a kind known to every encoder and decoder of this process.

    Parameters
    ----------
    kind : Kind
        What to add.
    replace : bool
        Take the place of the kinds that hold the same name or class.

    Raises
    ------
    ValueError
        The name or a class is taken and `replace` is false.
    """
    paths = [_class_path(cls) for cls in kind.python]
    taken = [path for path in paths if path in _by_path]
    if kind.name in _by_name and kind.from_wire is not None:
        taken.append(kind.name)
    if taken and not replace:
        raise ValueError(f"Already registered: {', '.join(taken)}; pass replace=True to replace.")
    if kind.name is not None and kind.from_wire is not None:
        _by_name[kind.name] = kind
    if kind.to_wire is not None:
        _by_path.update(dict.fromkeys(paths, kind))
    _of_class.clear()


def kinds() -> tuple[Kind, ...]:
    """Return every kind that is registered, in order of registration."""
    return tuple(dict.fromkeys([*_by_name.values(), *_by_path.values()]))


def by_name(name: str) -> Kind | None:
    """Return the kind that reads this ``__type__``."""
    return _by_name.get(name)


def by_class(cls: type) -> Kind | None:
    """Return the kind that writes objects of this class: its own or a base's, nearest first.

    Classes are compared by name, so that looking for a qiskit type imports no qiskit.
    """
    try:
        return _of_class[cls]
    except KeyError:
        found = (_by_path.get(_class_path(base)) for base in cls.__mro__)
        kind = next((kind for kind in found if kind is not None), None)
        _of_class[cls] = kind
        return kind
