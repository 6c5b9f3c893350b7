"""Texts in the team's own words, and words that outsiders should not read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.policy import Policy, ServiceRules
from bot.errors import OperatorMistake
from bot.values import Host, HostName, Severity, Untrusted
from cards.texts import Facts, TextName, Texts, jargon_in
from tests.support.incidents import TEMPLATES, shipped_texts

SOURCES = {path.name: path.read_text() for path in TEMPLATES.glob("*.j2")}
FACTS = Facts(
    number="INC-2026-1121-001",
    title="Checkout is down",
    severity="SEV2",
    status="identified",
    now="2026-11-21 10:42 UTC",
    clock="10:42 UTC",
)
FULL = replace(
    FACTS,
    started="2026-11-21 10:12 UTC",
    duration="30 min",
    impact="Nobody can pay",
    users="all",
    regions="EU",
    data_loss="none",
    commander="Ann",
    author="Bob",
    text="The cause is found.",
    changed=("a fix is rolled out",),
    actions=("1. Roll out — Ann",),
    tried=("disk-full: rejected",),
    open_questions=("Card 3: restart",),
    next_steps=("watch it",),
    next_update="2026-11-21 11:12 UTC",
    reason="nobody answered",
    needed="take command",
    cause="a full disk",
    follow_ups=("alert earlier",),
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            TextName.DECLARATION,
            (
                "SEV2 INC-2026-1121-001: Checkout is down\n"
                "Nobody commands yet: /incident claim commander"
            ),
        ),
        (
            TextName.UPDATE,
            "[10:42 UTC] SEV2 INC-2026-1121-001 Checkout is down: identified",
        ),
        (
            TextName.RESOLUTION,
            "[10:42 UTC] RESOLVED SEV2 INC-2026-1121-001: Checkout is down",
        ),
        (TextName.ESCALATION, "SEV2 INC-2026-1121-001: Checkout is down"),
        (TextName.STAKEHOLDER, "[10:42 UTC] Checkout is down: identified"),
        (TextName.CUSTOMER_INITIAL, "[2026-11-21 10:42 UTC] We are looking into a problem."),
        (TextName.CUSTOMER_PROGRESS, "[2026-11-21 10:42 UTC] We are still working on the problem."),
        (TextName.CUSTOMER_RESOLVED, "[2026-11-21 10:42 UTC] The problem is resolved."),
    ],
)
def test_what_is_not_known_leaves_no_empty_section(name: TextName, text: str) -> None:
    assert shipped_texts().render(name, FACTS) == Untrusted(text)


def test_an_update_has_all_its_parts_in_order() -> None:
    assert shipped_texts().render(TextName.UPDATE, FULL).text == (
        "[10:42 UTC] SEV2 INC-2026-1121-001 Checkout is down: identified, 30 min so far\n"
        "The cause is found.\n"
        "Since the last update:\n- a fix is rolled out\n"
        "Now:\n- 1. Roll out — Ann\n"
        "Next:\n- watch it\n"
        "Next update by 2026-11-21 11:12 UTC"
    )


def test_a_customer_is_told_no_number_no_severity_and_no_name() -> None:
    texts = shipped_texts()
    names = (
        TextName.CUSTOMER_INITIAL,
        TextName.CUSTOMER_PROGRESS,
        TextName.CUSTOMER_RESOLVED,
    )
    told = "".join(texts.render(name, FULL).text for name in names)
    assert [w for w in ("INC-", "SEV", "Ann", "Bob", "disk", "Card") if w in told] == []


@pytest.mark.parametrize("name", TextName)
def test_a_drill_is_marked_in_every_text(name: TextName) -> None:
    assert shipped_texts().render(name, replace(FULL, drill=True)).text.startswith("DRILL ")


def test_words_of_others_are_not_run_as_a_template() -> None:
    facts = replace(FACTS, text="{{ 7 * 7 }} {% for x in y %}")
    assert "{{ 7 * 7 }} {% for x in y %}" in shipped_texts().render(TextName.UPDATE, facts).text


def faults_of(**changed: str) -> list[str]:
    sources = SOURCES | {f"{name}.txt.j2": text for name, text in changed.items()}
    with pytest.raises(OperatorMistake) as mistake:
        Texts(sources)
    return [str(fault).split(" (")[0] for fault in mistake.value.faults]


def test_every_fault_is_told_at_once_with_its_file() -> None:
    assert faults_of(update="a\n{% if %}", declaration="{{ nobody }}", rumour="x") == [
        "declaration.txt.j2: 'nobody' is undefined",
        "update.txt.j2:2: Expected an expression, got 'end of statement block'",
        "rumour.txt.j2: no text has this name",
    ]


def test_a_name_that_is_only_used_now_and_then_is_found_too() -> None:
    assert faults_of(update="{% if text %}{{ nobody }}{% endif %}") == [
        "update.txt.j2: 'nobody' is undefined"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ text.__class__ }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
        "{{ range(10000000)|list }}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_template_cannot_reach_outside(source: str) -> None:
    assert len(faults_of(update=source)) == 1


def test_a_missing_text_is_a_fault() -> None:
    with pytest.raises(OperatorMistake, match=r"handover.txt.j2: this text is missing"):
        Texts({name: text for name, text in SOURCES.items() if name != "handover.txt.j2"})


def test_a_text_of_a_team_replaces_ours() -> None:
    texts = Texts(SOURCES | {"update.txt.j2": "{{ title }} ({{ status }})\n"})
    assert texts.render(TextName.UPDATE, FACTS).text == "Checkout is down (identified)"


def policy() -> Policy:
    host = Host(
        name=HostName("shopdb"),
        address="db.example.com",
        service="checkout-api",
        host_key="",
        observe_user="",
        observe_key_file="",
        change_user="",
        change_key_file="",
    )
    return Policy(
        version="v",
        severities={},
        default_severity=Severity.SEV3,
        people={},
        groups={},
        approval_rules=(),
        approval_expires_in=timedelta(hours=4),
        approval_expires_in_sev1=timedelta(minutes=15),
        dangerous_words=frozenset(),
        triage_programs=(),
        escalations={},
        default_escalation="",
        no_commander_after=timedelta(minutes=5),
        announcement_channel="announcements",
        audiences={},
        hosts={host.name: host},
        services={
            "checkout-api": ServiceRules(name="checkout-api", owner="", processes=("gunicorn",))
        },
        routes=(),
        flap_window=timedelta(minutes=5),
        close_room_after=timedelta(days=1),
        triage_at_once=1,
    )


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("Paying by card is slow since 10:42 UTC. We work on it.", ()),
        ("Shopdb is full; Checkout-API waits.", ("Shopdb", "Checkout-API")),
        ("gunicorn died on db.example.com.", ("gunicorn", "db.example.com")),
        ("see INC-2026-1121-001, a SEV1 (P0)", ("INC-2026-1121-001", "SEV1", "P0")),
        ("10.0.0.5:22 and fe80::1:2:3 are down", ("10.0.0.5:22", "fe80::1:2:3")),
        ("web-1, web-1 and db-prod-02", ("web-1", "db-prod-02")),
        ("logs in /var/log/nginx/error.log", ("/var/log/nginx/error.log",)),
        ("cache.eu.internal timed out", ("cache.eu.internal",)),
        ("commit 1a2b3c4d was rolled back", ("1a2b3c4d",)),
        ("OOMKilled, SIGKILL, TimeoutError", ("OOMKilled", "SIGKILL", "TimeoutError")),
        ("We signed a terror-free decade and/or a signal, 24/7", ()),
    ],
)
def test_words_for_insiders_are_flagged_once_each(text: str, flagged: tuple[str, ...]) -> None:
    assert jargon_in(text, policy()) == flagged
