"""Every fault of a file or a setting says what to write instead: no source line, no broken file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import Known, read_policy
from bot.config.settings import Settings, load_settings, variable_name
from bot.errors import Fault, OperatorMistake
from bot.yamltext import FALLBACK
from runbooks.lint import LintRules, lint
from runbooks.loader import load
from runbooks.replay import read_fixtures
from tests.unit.runbooks.small import INVENTORY

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "cards", "handlers", "runbooks")
VALIDATING = (
    "runbooks/model.py",
    "runbooks/expressions.py",
    "runbooks/patterns.py",
    "runbooks/templates.py",
    "bot/config/document.py",
    "bot/config/exposure.py",
    "bot/config/settings.py",
)
BROKEN = ("", "[]", "{a: 1}", "-1", "true", '"{{ nothing }}"', "'", "*x", "1000000", "Z z | z")
"""Values that stand in the place of each value of a file, one at a time."""

CATALOGUE = ROOT / "runbooks" / "catalog"
RUNBOOKS = ("high-cpu", "disk-full", "service-unavailable")
POLICY = (
    (ROOT / "docs" / "policy.md").read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
)
KNOWN = Known(
    runbooks=frozenset({"disk-full"}),
    templates=frozenset({"stakeholder"}),
    sources=frozenset({"alertmanager", "drill", "generic"}),
)
RULES = LintRules(triage_programs=("df",), dangerous_words=frozenset({"rm", "restart"}))


def test_no_source_line_makes_a_fault_without_a_hint() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for call in _fault_calls(ast.parse(path.read_text("utf-8")))
        if _may_be_empty(_hint_of(call))
    ]
    assert bare == []


@pytest.mark.parametrize("file", VALIDATING)
def test_a_validator_says_what_to_write(file: str) -> None:
    raised = [
        node.lineno
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
        if isinstance(node, ast.Raise) and "ValueError" in ast.dump(node)
    ]
    assert raised == []


@pytest.mark.parametrize("name", RUNBOOKS)
def test_every_fault_of_a_broken_runbook_has_a_hint(name: str) -> None:
    text = (CATALOGUE / f"{name}.yaml").read_text("utf-8")
    found = {fault for broken in _broken(text) for fault in _runbook_faults(broken)}
    assert [str(fault) for fault in found if fault.hint in {"", FALLBACK}] == []
    assert len({fault.message for fault in found}) > 100


def test_every_fault_of_a_broken_policy_has_a_hint() -> None:
    found = {fault for broken in _broken(POLICY) for fault in _policy_faults(broken)}
    assert [str(fault) for fault in found if fault.hint in {"", FALLBACK}] == []
    assert len({fault.message for fault in found}) > 100


def test_every_fault_of_broken_recorded_cases_has_a_hint() -> None:
    text = (CATALOGUE / "tests" / "disk-full.yaml").read_text("utf-8")[:4000]
    found = {fault for broken in _broken(text) for fault in _case_faults(broken)}
    assert [str(fault) for fault in found if fault.hint in {"", FALLBACK}] == []
    assert len({fault.message for fault in found}) > 20


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_fault_of_a_broken_setting_has_a_hint(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = variable_name(field)
    found: set[Fault] = set()
    for value in ("", "   ", "Z z!", "-1", "x" * 400, "0.0.0.0/0", "http://somewhere"):
        monkeypatch.setenv(name, value)
        try:
            load_settings(tmp_path / "none.env")
        except OperatorMistake as mistake:
            found.update(mistake.faults)
    assert [str(fault) for fault in found if fault.hint in {"", FALLBACK}] == []


def _fault_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Fault" | "MisfitError")):
                yield node
            case ast.Call(func=ast.Attribute(attr="fault" | "key_fault")):
                yield node


def _hint_of(call: ast.Call) -> ast.expr | None:
    if any(isinstance(word, ast.Starred) for word in call.args):
        return ast.Name("pairs of a message and its hint")
    named = {word.arg: word.value for word in call.keywords}
    return named.get("hint") or (call.args[1] if len(call.args) > 1 else None)


def _may_be_empty(hint: ast.expr | None) -> bool:
    match hint:
        case None | ast.Constant(value=""):
            return True
        case ast.Call(func=ast.Name(id="nearest")):
            return True
        case ast.BoolOp(op=ast.Or(), values=[*_, last]):
            return _may_be_empty(last)
        case ast.IfExp(body=yes, orelse=no):
            return _may_be_empty(yes) or _may_be_empty(no)
        case _:
            return False


def _broken(text: str) -> Iterator[str]:
    """Yield the text with each line lost, moved, renamed, or given another value."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        head, colon, value = line.partition(": ")
        changed = [[], [line, line], [f"  {line}"], [line.lstrip()], [line.replace(":", "x:", 1)]]
        changed += [[f"{head}{colon}{broken}"] for broken in BROKEN if value]
        for instead in changed:
            yield "\n".join([*lines[:at], *instead, *lines[at + 1 :], ""])


def _runbook_faults(text: str) -> tuple[Fault, ...]:
    try:
        return lint(load(text, "x.yaml"), INVENTORY, RULES)
    except OperatorMistake as mistake:
        return mistake.faults


def _policy_faults(text: str) -> tuple[Fault, ...]:
    try:
        read_policy(text, "policy.yaml", KNOWN)
    except OperatorMistake as mistake:
        return mistake.faults
    return ()


def _case_faults(text: str) -> tuple[Fault, ...]:
    try:
        read_fixtures(text, "cases.yaml")
    except OperatorMistake as mistake:
        return mistake.faults
    return ()
