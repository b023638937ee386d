"""The reference is complete, and as the docstrings are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.reference import PACKAGES, TARGET, Member, markdown, members, public_names, render

UNITS = (
    (re.compile(r"^(?:timeout|delay|interval|duration|seconds|grace|now|.*_(?:timeout|delay|interval|after|seconds))$"),
     re.compile(r"second|in \w+ jobs|Jobs", re.IGNORECASE)),
    (re.compile(r"^(?:memory|memory_limit|size|sizes)$"), re.compile(r"byte", re.IGNORECASE)),
    (re.compile(r"^(?:progress|error_rate|uptime_percentage)$"), re.compile(r"percent|0 to 100", re.IGNORECASE)),
    (re.compile(r"^fraction$"), re.compile(r"0 to 1\b")),
    (re.compile(r"^width$"), re.compile(r"cell", re.IGNORECASE)),
)  # fmt: skip
"""What is measured, by name, and how its unit is told."""


def everything() -> Iterator[Member]:
    for package in PACKAGES:
        for name, value in public_names(package):
            yield from members(value, name)


ALL = list(everything())
CALLABLE = [member for member in ALL if member.kind != "attribute"]


def test_the_reference_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), (
        "API.md is older than the docstrings: python -m tests.reference"
    )


@pytest.mark.parametrize("member", CALLABLE, ids=lambda member: member.name)
def test_everything_public_has_a_docstring(member: Member) -> None:
    node = member.node
    of_protocol = isinstance(node, ast.FunctionDef) and ast.unparse(node.body[-1]) == "..."
    assert member.doc or of_protocol


def measured(member: Member) -> Iterator[str]:
    """The numbers that something public takes or is."""
    node = member.node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            if argument.annotation and re.search("float|int", ast.unparse(argument.annotation)):
                yield argument.arg
    if isinstance(node, ast.AnnAssign) and re.search("float|int|Percent|Seconds", ast.unparse(node.annotation)):
        yield ast.unparse(node.target)


@pytest.mark.parametrize("member", [member for member in ALL if any(measured(member))], ids=lambda member: member.name)
def test_every_number_has_a_unit(member: Member) -> None:
    told = f"{member.doc}\n{member.around}"
    for name in measured(member):
        for pattern, unit in UNITS:
            assert not pattern.match(name) or unit.search(told), f"the unit of '{name}'"


def raised(member: Member) -> set[str]:
    """The names of the exceptions that are raised in so many words, of a class by its constructor."""
    node = member.node
    if isinstance(node, ast.ClassDef):
        node = next((item for item in node.body if getattr(item, "name", "") == "__init__"), ast.Pass())
    raises = [step.exc for step in ast.walk(node) if isinstance(step, ast.Raise) and step.exc is not None]
    names = {ast.unparse(name) for error in raises for name in ast.walk(error) if isinstance(name, ast.Name)}
    return {name for name in names if name.endswith("Error")}


@pytest.mark.parametrize("member", [member for member in CALLABLE if raised(member)], ids=lambda member: member.name)
def test_what_is_raised_is_told(member: Member) -> None:
    told = f"{member.doc}\n{member.around}"
    missing = {name for name in raised(member) if name not in told}
    assert not missing


def test_docstrings_become_markdown() -> None:
    text = """What it does; see :meth:`~a.b.C.go` and ``x``.

    Args:
        one: The first
            of two.
        two: The second.

    >>> 1 + 1
    2
    """
    expected = """What it does; see `go` and `x`.

- `one`: The first of two.
- `two`: The second.

```pycon
>>> 1 + 1
2
```"""
    import inspect

    assert markdown(inspect.cleandoc(text)) == expected
