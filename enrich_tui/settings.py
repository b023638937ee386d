"""``enrich-tui config``: a configuration file that shows every setting with its default, made from the models."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from enrich_tui.config import Config, config_path
from enrich_tui.text import clean

WIDTH = 100
"""Characters of a line of explanation."""

_Schema = Mapping[str, Any]


def lines(keys: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """The lines of the file. ``keys``: of each binding its id, its keys and what it does."""
    yield "# All settings with their defaults. To change one, remove the # before it. The file is looked for at"
    yield f"# {clean(str(config_path()))}"
    schema = Config.model_json_schema()
    yield from _section(Config, "", schema, schema["$defs"])
    yield from ("", *_comment(_docstrings(Config)["keys"]), "[keys]")
    for ident, bound, what in keys:
        yield f"#{ident} = {json.dumps(bound)}  # {what}"


def _section(model: type[BaseModel], name: str, schema: _Schema, known: Mapping[str, _Schema]) -> Iterator[str]:
    """One model's settings, then the sections inside it."""
    told = _docstrings(model)
    settings = schema["properties"]
    plain = {field: one for field, one in settings.items() if "default" in one and "$ref" not in one}
    if name and plain:
        yield from ("", *_comment(schema["description"]), f"[{name}]")
    for field, setting in plain.items():
        yield from _comment(" ".join(filter(None, (told.get(field), _values(setting)))))
        yield f"#{field} = {_default(setting['default'])}".rstrip()
    for field in settings:
        inner = model.model_fields[field].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _section(inner, f"{name}.{field}" if name else field, known[inner.__name__], known)


def _default(value: object) -> str:
    """As TOML, which has no word for nothing."""
    return "" if value is None else json.dumps(value)


def _values(setting: _Schema) -> str:
    """Which values there are, where not all are."""
    kind = next((one for one in setting.get("anyOf", ()) if one.get("type") != "null"), setting)
    kind = kind.get("items", kind)
    if "enum" in kind:
        return f"One of {', '.join(kind['enum'])}."
    least, above, most = (kind.get(bound) for bound in ("minimum", "exclusiveMinimum", "maximum"))
    if least is not None and most is not None:
        return f"From {least:g} to {most:g}."
    if above is not None:
        return f"More than {above:g}."
    return f"At least {least:,}." if least is not None else ""


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text.replace("``", '"'), WIDTH)]


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field in the source."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)
    told = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                told[name] = inspect.cleandoc(words)
    return told
