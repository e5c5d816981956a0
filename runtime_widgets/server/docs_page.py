"""The page that describes the routes to people: made from the description for tools.

It needs nothing from the net, and whatever the description says is only ever text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

__all__ = ["page"]

Json = Mapping[str, Any]
_STYLE = (
    "body{font:15px/1.45 system-ui;margin:2rem auto;max-width:62rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.25rem .8rem .25rem 0;"
    "text-align:left;vertical-align:top;border-top:1px solid #8884}summary{cursor:pointer;"
    "padding:.4rem 0}details{border-top:1px solid #8888}details>*:not(summary){margin-left:1rem}"
    "code{font:.92em ui-monospace,monospace;overflow-wrap:anywhere}"
)
# What a value must be like besides its type, and how that is said.
_LIMITS = {
    "minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most",
    "minLength": "characters, at least", "maxLength": "characters, at most",
    "minItems": "items, at least", "maxItems": "items, at most",
    "pattern": "pattern", "default": "default",
}  # fmt: skip


def page(schema: Json) -> str:
    """Return the page, in HTML, for a description in OpenAPI's form."""
    parts = schema["components"]
    title = escape(schema["info"]["title"])
    return "".join(
        (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
            f"<style>{_STYLE}</style><h1>{title}</h1>{_text(schema['info']['description'])}",
            "<p>For tools: <a href=openapi.json>openapi.json</a>.</p><h2>Routes</h2>",
            *(
                _route(method, path, operation, parts)
                for path, operations in schema["paths"].items()
                for method, operation in operations.items()
            ),
            "<h2>WebSockets</h2>",
            *(
                _route("websocket", path, operation, parts)
                for path, operation in schema["x-websockets"].items()
            ),
            "<h2>Bodies</h2>",
            *(_model(name, model) for name, model in sorted(parts["schemas"].items())),
        )
    )


def _route(method: str, path: str, operation: Json, parts: Json) -> str:
    said = operation.get("description", "")
    first = said.split("\n\n", 1)[0]
    marks = ["no token needed"] if operation.get("security") == [] else []
    marks += ["x-extension"] if operation.get("x-extension") else []
    return (
        f"<details><summary><b>{escape(method.upper())}</b> <code>{escape(path)}</code> "
        f"{_inline(first)}{_inline(''.join(f' ({mark})' for mark in marks))}</summary>"
        f"{_text(said.removeprefix(first))}"
        + _table(("Parameter", "In", "Value", "What it is"), _parameters(operation, parts))
        + "".join(_body(kind, said) for kind, said in _content(operation.get("requestBody", {})))
        + _table(("Status", "Meaning", "Headers", "Body"), _answers(operation, parts))
        + "</details>"
    )


def _parameters(operation: Json, parts: Json) -> Iterator[tuple[str, ...]]:
    for each in operation.get("parameters", ()):
        said = parts["parameters"][_name(each)] if "$ref" in each else each
        needed = " (required)" if said.get("required") else ""
        about = said.get("description") or said["schema"].get("description", "")
        yield (
            _code(said["name"]),
            escape(said["in"]) + needed,
            _value(said["schema"]),
            _inline(about) + _extension(said["schema"]),
        )


def _body(kind: str, schema: Json) -> str:
    told = f"<p>Body, {_code(kind)}: {_value(schema)}</p>{_text(schema.get('description', ''))}"
    return told + _members(schema)


def _answers(operation: Json, parts: Json) -> Iterator[tuple[str, ...]]:
    for status, answer in operation.get("responses", {}).items():
        headers = (
            _code(name) + " " + _inline(_header(said, parts).get("description", ""))
            for name, said in answer.get("headers", {}).items()
        )
        bodies = (f"{_value(schema)}, {_code(kind)}" for kind, schema in _content(answer))
        about = _inline(answer.get("description", ""))
        yield escape(status), about, "<br>".join(headers), "<br>".join(bodies)


def _header(said: Json, parts: Json) -> Json:
    found: Json = parts["headers"][_name(said)] if "$ref" in said else said
    return found


def _content(holder: Json) -> Iterator[tuple[str, Json]]:
    for kind, said in holder.get("content", {}).items():
        yield kind, said.get("schema", {})


def _model(name: str, model: Json) -> str:
    other = "" if "properties" in model else f"<p>{_value(model)}</p>"
    return (
        f'<details open id="{escape(name)}"><summary><b>{escape(name)}</b></summary>'
        f"{_text(model.get('description', ''))}{other}{_members(model)}</details>"
    )


def _members(model: Json) -> str:
    required = model.get("required", ())
    rows = (
        (
            _code(name) + (" (required)" if name in required else ""),
            _value(said),
            _inline(said.get("description", "")) + _extension(said),
        )
        for name, said in model.get("properties", {}).items()
    )
    return _table(("Member", "Value", "What it is"), rows)


def _value(schema: Json) -> str:
    """Return what a value is: its type or its model, and its limits."""
    if "$ref" in schema:
        name = escape(_name(schema))
        return f'<a href="#{name}">{name}</a>'
    limits = [f"{said} {_code(schema[key])}" for key, said in _LIMITS.items() if key in schema]
    return "; ".join([_kind(schema), *limits])


def _kind(schema: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_value(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(_code(each) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_value(schema.get('items', {}))}"
    form = f" ({schema['format']})" if "format" in schema else ""
    return escape(str(schema.get("type", "anything")) + form)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table of cells that are HTML already; nothing where there are no rows."""
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    head = "".join(f"<th>{each}" for each in heads)
    return f"<table><tr>{head}{body}</table>" if body else ""


def _text(said: str) -> str:
    """Return paragraphs; an empty text is none."""
    blocks = (block.strip() for block in said.split("\n\n"))
    return "".join(f"<p>{_inline(block)}</p>" for block in blocks if block)


def _inline(said: str) -> str:
    """Return text whose words in backticks are code."""
    return re.sub(r"(`{1,2})([^`]+)\1", r"<code>\2</code>", escape(said))


def _code(value: Any) -> str:
    return f"<code>{escape(value if isinstance(value, str) and value else repr(value))}</code>"


def _extension(schema: Json) -> str:
    return " (x-extension)" if schema.get("x-extension") else ""


def _name(reference: Json) -> str:
    return str(reference["$ref"].rpartition("/")[2])
