"""The guide's own runbook and cases work as the guide says."""

import re
from pathlib import Path

from runbooks.expressions import _FILTERS
from runbooks.lint import LintRules, lint
from runbooks.loader import load
from runbooks.model import Action, Document
from runbooks.replay import check_cases, read_fixtures, untested
from tests.unit.runbooks.small import INVENTORY

GUIDE = (Path(__file__).parents[3] / "docs" / "runbooks.md").read_text()
RUNBOOK, CASES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def test_the_runbook_of_the_guide_loads_and_its_cases_take_every_branch() -> None:
    runbook = load(RUNBOOK, "queue-stuck.yaml")
    fixtures = read_fixtures(CASES, "cases.yaml")
    assert check_cases(runbook, fixtures) == ()
    assert untested(runbook, fixtures) == ()


def test_lint_says_what_the_guide_says() -> None:
    rules = LintRules(triage_programs=("systemctl is-active",), escalations=frozenset({"on-call"}))
    (fault, *_) = lint(load(RUNBOOK, "queue-stuck.yaml"), INVENTORY, rules)
    assert str(fault) in GUIDE


def test_the_guide_names_every_key_and_filter() -> None:
    keys = {name.replace("_", "-") for name in (*Document.model_fields, *Action.model_fields)}
    clear_by_themselves = {"runbook", "title", "owner", "description", "rollback", "in-order"}
    clear_by_themselves |= {"on", "hypotheses", "actions"}
    missing = {key for key in keys if re.search(rf"`{key}[:`]", GUIDE) is None}
    assert missing <= clear_by_themselves
    assert set(_FILTERS) <= set(re.findall(r"[a-z]+", GUIDE))
