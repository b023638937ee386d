"""Writes API.md from the docstrings of the public names: ``python -m tests.reference``."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

TARGET = Path(__file__).parents[1] / "API.md"
PACKAGES = ("enrich_tui", "enrich_tui.widgets", "enrich_tui.testing", "enrich_tui.testing.plugin")
HEAD = """# API reference

Written from the docstrings by `python -m tests.reference`; a test keeps it up to date. Import the names of a part from
the package in its title. Importing `enrich_tui` needs neither Textual nor an engine.
"""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Member:
    """A public function, class, method or attribute, as its source says it."""

    name: str
    """With the class, where it belongs to one."""
    kind: str
    """``function``, ``class``, ``method``, ``property`` or ``attribute``."""
    head: str
    """How it is called or declared."""
    doc: str
    node: ast.AST
    around: str = ""
    """The docstrings of its class and of its module."""


def public_names(package: str) -> Iterator[tuple[str, Any]]:
    """The exported names of a package with what they mean."""
    module = importlib.import_module(package)
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == package
    ]
    for name in sorted(names):
        value = getattr(module, name)
        if inspect.isclass(value) or callable(value):
            yield name, value


def homes(package: str) -> dict[ModuleType, list[tuple[str, Any]]]:
    """The public names of a package by the module that defines them, in the order of the modules' names."""
    found: dict[ModuleType, list[tuple[str, Any]]] = {}
    for name, value in public_names(package):
        module = inspect.getmodule(inspect.unwrap(value))
        if module is not None and module.__name__.startswith("enrich_tui"):
            found.setdefault(module, []).append((name, value))
    return dict(sorted(found.items(), key=lambda item: item[0].__name__))


def members(value: Any, name: str) -> list[Member]:
    """What is to be told about a public name: itself first, then its parts."""
    module_doc = inspect.getdoc(inspect.getmodule(inspect.unwrap(value))) or ""
    node = _source(value)
    if isinstance(node, _FUNCTIONS):
        return [Member(name, "function", _signature(name, node, wide=True), _doc(node), node, module_doc)]
    assert isinstance(node, ast.ClassDef)
    told = f"{_doc(node)}\n{module_doc}"
    return [
        Member(name, "class", _class_head(name, node, value), _doc(node), node, module_doc),
        *(part for base in reversed(_own_bases(value)) for part in _parts(name, _source(base), value, told)),
    ]


def _own_bases(value: type) -> list[type]:
    """The class and those of its bases that tell something: models and errors inherit, widgets say it themselves."""
    if _is_widget(value):
        return [value]
    return [base for base in value.__mro__ if base.__module__.startswith("enrich_tui") and base.__name__ != "Frozen"]


def _is_widget(value: type) -> bool:
    return any(base.__name__ == "Live" for base in value.__mro__)


def _source(value: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(value)))).body[0]


def _doc(node: ast.AST) -> str:
    return ast.get_docstring(node) or "" if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) else ""


def _parts(owner: str, node: ast.AST, value: type, told: str) -> Iterator[Member]:
    assert isinstance(node, ast.ClassDef)
    internal = set(dir(value.__mro__[1])) if _is_widget(value) else set()
    body = node.body
    for place, item in enumerate(body):
        if isinstance(item, _FUNCTIONS) and item.name == "__init__":
            yield from _attributes(owner, item.body, told, of_self=True)
        elif isinstance(item, _FUNCTIONS) and not item.name.startswith("_") and item.name not in internal:
            decorators = {ast.unparse(decorator) for decorator in item.decorator_list}
            name = f"{owner}.{item.name}"
            if "property" in decorators:
                kind, head = "property", f"{item.name}: {ast.unparse(item.returns) if item.returns else 'Any'}"
            else:
                kind, head = "method", _signature(item.name, item)
            yield Member(name, kind, head, _doc(item), item, told)
        elif isinstance(item, ast.ClassDef) and not item.name.startswith("_"):
            yield Member(f"{owner}.{item.name}", "class", f"class {owner}.{item.name}", _doc(item), item, told)
        elif isinstance(item, ast.AnnAssign | ast.Assign):
            yield from _attributes(owner, [item], told, enum=issubclass(value, Enum), after=body[place + 1 : place + 2])


def _attributes(
    owner: str,
    body: list[ast.stmt],
    told: str,
    *,
    of_self: bool = False,
    enum: bool = False,
    after: Sequence[ast.stmt] = (),
) -> Iterator[Member]:
    """Attributes with the strings that follow them; those that ``__init__`` sets only where there is such a string."""
    for item, following in zip_longest(body, [*body[1:], *after]):
        if not isinstance(item, ast.AnnAssign | ast.Assign):
            continue
        target = item.target if isinstance(item, ast.AnnAssign) else item.targets[0]
        doc = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            doc = inspect.cleandoc(str(following.value.value))
        if of_self:
            if not (doc and isinstance(target, ast.Attribute)):
                continue
            name = target.attr
        elif isinstance(target, ast.Name) and (isinstance(item, ast.AnnAssign) or enum):
            name = target.id
        else:
            continue
        if name.startswith("_") or name in {"DEFAULT_CSS", "BINDINGS"}:
            continue
        head = name
        if isinstance(item, ast.AnnAssign):
            head += f": {ast.unparse(item.annotation)}"
        elif enum and item.value is not None:
            head += f" = {ast.unparse(item.value)}"
        yield Member(f"{owner}.{name}", "attribute", head, doc, item, told)


def _signature(name: str, node: Function, *, wide: bool = False) -> str:
    """A call, one argument a line where ``wide`` and it is long."""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    arguments = [_argument(*pair) for pair in zip(positional, [*defaults, *given.defaults], strict=True)]
    if given.posonlyargs:
        arguments.insert(len(given.posonlyargs), "/")
    if given.vararg or given.kwonlyargs:
        arguments.append(f"*{_argument(given.vararg, None)}" if given.vararg else "*")
    arguments += [_argument(*pair) for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    if given.kwarg:
        arguments.append(f"**{_argument(given.kwarg, None)}")
    if arguments[:1] in (["self"], ["cls"]):
        del arguments[0]
        if arguments[:1] == ["/"]:
            del arguments[0]
    called = f"{'await ' if isinstance(node, ast.AsyncFunctionDef) else ''}{name}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and node.name != "__init__" else ""
    line = f"{called}({', '.join(arguments)}){returns}"
    if not wide or len(line) <= 100:
        return line
    return f"{called}(\n" + "".join(f"    {argument},\n" for argument in arguments) + f"){returns}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    text = argument.arg
    if argument.annotation:
        text += f": {ast.unparse(argument.annotation)}"
    if default is None:
        return text
    return f"{text} = {ast.unparse(default)}" if argument.annotation else f"{text}={ast.unparse(default)}"


def _class_head(name: str, node: ast.ClassDef, value: type) -> str:
    for base in value.__mro__:
        if base.__module__.startswith("enrich_tui") and "__init__" in vars(base):
            source = _source(base)
            assert isinstance(source, ast.ClassDef)
            inits = [item for item in source.body if isinstance(item, _FUNCTIONS) and item.name == "__init__"]
            if inits:
                return _signature(name, inits[0], wide=True)
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    return f"class {name}({bases})" if bases else f"class {name}"


# -- as Markdown ------------------------------------------------------------------------------------------------------


def markdown(text: str) -> str:
    """A docstring as Markdown: names as code, arguments as a list, examples fenced."""
    text = re.sub(r":\w+:`~?([^`]+)`", lambda match: f"`{match[1].rpartition('.')[2]}`", text)
    text = text.replace("``", "`")
    return "\n\n".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def _block(block: str) -> str:
    if block.startswith(">>>"):
        return f"```pycon\n{block}\n```"
    if block.startswith("Args:"):
        entries = re.split(r"\n    (?=\w+: )", "\n" + textwrap.dedent(block.partition("\n")[2]).replace("\n", "\n    "))
        return "\n".join("- `{}`: {}".format(*_flat(entry).split(": ", 1)) for entry in entries if entry.strip())
    return block


def _flat(text: str) -> str:
    return " ".join(text.split())


def render() -> str:
    """The whole reference."""
    return "\n".join([HEAD, *(line for package in PACKAGES for line in _part(package))]).rstrip() + "\n"


def _part(package: str) -> Iterator[str]:
    yield f"## {package}\n"
    yield f"{markdown(inspect.getdoc(importlib.import_module(package)) or '')}\n"
    for module, names in homes(package).items():
        if module.__name__ != package and (doc := inspect.getdoc(module)):
            yield "---\n\n" + re.sub(r"(?m)^", "> ", markdown(doc)).replace("> \n", ">\n") + "\n"
        for name, value in names:
            yield from _entry(members(value, name))


def _entry(told: list[Member]) -> Iterator[str]:
    first, *parts = told
    yield f"### {first.name}\n"
    yield f"```python\n{first.head}\n```\n"
    if first.doc:
        yield f"{markdown(first.doc)}\n"
    lines = [*_listed(parts, {"attribute", "property"}), *_listed(parts, {"method", "class"})]
    if lines:
        yield "\n".join(lines) + "\n"


def _listed(parts: Iterable[Member], kinds: set[str]) -> Iterator[str]:
    for part in parts:
        if part.kind in kinds:
            doc = markdown(part.doc).replace("\n", "\n  ").replace("\n  \n", "\n\n")
            yield f"- `{part.head}`" + (f" — {doc}" if doc else "")


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
