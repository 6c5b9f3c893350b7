"""The documentation says what the code does: made parts are fresh, names and links exist."""

import re
from pathlib import Path

import pytest

from bot.config import Known, read_policy
from bot.config.policy_file import policy_schema
from tests.support.documentation import PAGES, ROOT, written

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "adr").glob("*.md")]
)


@pytest.mark.parametrize("page", PAGES)
def test_tables_and_diagrams_are_as_the_code_makes_them(page: str) -> None:
    # If this fails: python -m tests.support.documentation
    assert (ROOT / page).read_text("utf-8") == written(page)


@pytest.mark.parametrize("page", ["security.md", "runbook-promises.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(test_\w+)`", (ROOT / "docs" / page).read_text("utf-8"))
    found = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))
    }
    assert len(named) > 20
    assert set(named) - found == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    inner = [target for target in targets if "://" not in target]
    assert [target for target in inner if not (path.parent / target).exists()] == []


def test_the_policy_page_shows_a_policy_without_faults() -> None:
    page = (ROOT / "docs" / "policy.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    policy = read_policy(
        example,
        "policy.yaml",
        Known(
            runbooks=frozenset({"disk-full"}),
            templates=frozenset({"stakeholder"}),
            sources=frozenset({"alertmanager", "drill", "generic"}),
        ),
    )
    assert list(policy.hosts) == ["pay-1"]
    assert [route.name for route in policy.routes] == ["drill", "disks", "the-rest"]


def test_every_key_of_the_policy_pages_rules_of_thumb_is_a_section() -> None:
    page = (ROOT / "docs" / "policy.md").read_text("utf-8")
    rule = page.partition("**Sections merge or replace.**")[2].partition("\n- ")[0]
    sections = policy_schema()["properties"]
    assert isinstance(sections, dict)
    assert set(re.findall(r"`([a-z-]+)`", rule)) <= set(sections)


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    words = re.findall(r"^\| ([a-z ]+) \|", page, re.MULTILINE)[1:]
    assert words == sorted(set(words))
