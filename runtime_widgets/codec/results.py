"""The decoder that a job's `result()` uses, and that users may replace."""

from __future__ import annotations

from typing import Any

from .reader import loads

__all__ = ["ResultDecoder"]


class ResultDecoder:
    """Turns the text of a result into an object.

    Subclass it and override `decode` to give the results of a program another form;
    ``super().decode(data)`` does the standard part.
    """

    @classmethod
    def decode(cls, data: str | None) -> Any:
        """Decode the text of a result.

        Parameters
        ----------
        data : str or None
            Runtime JSON, as the service sent it.

        Returns
        -------
        object
            A ``PrimitiveResult`` for the primitives; None for None or an empty text,
            with which the service says that there is no result. Parts of a type that
            this version does not know are kept as `Opaque`.

        Raises
        ------
        CodecError
            The text is not a result; the message says where.
        """
        if not data or data.isspace():
            return None
        return loads(data, keep_unknown=True)
