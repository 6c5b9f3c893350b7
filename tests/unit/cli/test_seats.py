"""Seats from the command line: secrets on standard output alone, once, and never in a log."""

import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine

TOKEN = r"[A-Za-z0-9_-]{43}"


def test_a_seat_is_made_with_a_token_that_alone_is_the_answer(firewarden: CommandLine) -> None:
    said = firewarden("seat", "add", "ann")
    assert said.status == 0
    assert re.fullmatch(f"{TOKEN}\n", said.out)
    assert said.err.splitlines() == [
        "Seat ann belongs to ann.",
        "Its API token (answer), shown this once:",
    ]
    assert firewarden("seat", "list").lines == [
        "ann                  ann                  reader responder approver communications"
    ]


def test_kind_groups_and_person_can_be_chosen(firewarden: CommandLine) -> None:
    words = ("--kind", "read", "--groups", "reader", "--person", "ann-lee")
    said = firewarden("seat", "add", "ann-phone", *words)
    assert said.err.splitlines()[1] == "Its API token (read), shown this once:"
    assert firewarden("seat", "list").lines == ["ann-phone            ann-lee              reader"]


def test_a_group_that_nobody_knows_is_refused_and_nothing_is_made(
    firewarden: CommandLine,
) -> None:
    said = firewarden("seat", "add", "ann", "--groups", "approvers")
    assert said.status == 2
    assert said.err.startswith("There is no group approvers (known: reader, responder, approver,")
    assert firewarden("seat", "list").status == 2  # there is no journal yet


@pytest.mark.parametrize("name", ["Ann", "a b", "1st", "a" * 33])
def test_a_bad_name_is_refused(firewarden: CommandLine, name: str) -> None:
    said = firewarden("seat", "add", name)
    assert (said.status, said.out) == (2, "")


def test_a_taken_name_is_refused(firewarden: CommandLine) -> None:
    firewarden("seat", "add", "ann")
    said = firewarden("seat", "add", "ann")
    assert (said.status, said.out, said.err) == (2, "", "The seat ann is taken.\n")


def test_a_link_opens_the_address_where_the_bot_listens(
    firewarden: CommandLine, folder: Path
) -> None:
    firewarden("seat", "add", "ann")
    assert re.fullmatch(
        rf"http://127\.0\.0\.1:8080/sign-in/{TOKEN}\n", firewarden("seat", "link", "ann").out
    )
    (folder / "var" / "console.address").write_text("127.0.0.1:8081\n")
    assert firewarden("seat", "link", "ann").out.startswith("http://127.0.0.1:8081/sign-in/")


def test_a_link_for_people_elsewhere_bears_the_public_address(
    firewarden: CommandLine, folder: Path
) -> None:
    (folder / ".env").write_text("FIREWARDEN_PUBLIC_URL=https://warden.example/\n")
    firewarden("seat", "add", "ann")
    out = firewarden("seat", "link", "ann").out
    assert out.startswith("https://warden.example/sign-in/")


def test_a_revoked_seat_is_gone(firewarden: CommandLine) -> None:
    firewarden("seat", "add", "ann")
    assert firewarden("seat", "revoke", "ann").out == (
        "The seat ann is void, and so are its link and tokens.\n"
    )
    assert firewarden("seat", "list").out == ""
    assert firewarden("seat", "link", "ann").status == 2


def test_no_secret_is_logged_or_kept_in_the_clear(firewarden: CommandLine, folder: Path) -> None:
    (folder / ".env").write_text("FIREWARDEN_LOG_LEVEL=debug\n")
    added, linked = firewarden("seat", "add", "ann"), firewarden("seat", "link", "ann")
    for secret in (added.out.strip(), linked.out.strip().rpartition("/")[2]):
        assert secret not in added.err + linked.err
        for path in (folder / "var").rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes()


def test_with_a_policy_a_seat_is_for_its_people_and_asks_by_default(
    firewarden: CommandLine, folder: Path
) -> None:
    (folder / "policy.yaml").write_text(
        "people: {ann: {name: Ann, accounts: {console: ann}}}\n"
        "groups: {responder: [ann], approver: [ann], communications: [ann]}\n"
        "approvals: {rules: [{name: one, tiers: [irreversible], override: true,"
        " quorum: [{groups: [approver], count: 1}]}]}\n"
    )
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    assert firewarden("seat", "add", "bob").err == "The policy knows no person “bob”.\n"
    said = firewarden("seat", "add", "ann")
    assert said.err.splitlines()[1] == "Its API token (operate), shown this once:"
    assert firewarden("seat", "list").lines == ["ann                  ann"]


def test_where_a_proxy_signs_people_in_a_link_goes_around_it(
    firewarden: CommandLine, folder: Path
) -> None:
    (folder / "policy.yaml").write_text(
        "people: {ann: {name: Ann}, bob: {name: Bob}}\n"
        "groups: {responder: [ann, bob], approver: [ann, bob], communications: [bob]}\n"
    )
    (folder / ".env").write_text(
        "FIREWARDEN_POLICY=policy.yaml\nFIREWARDEN_PUBLIC_URL=https://bot.example\n"
        "FIREWARDEN_PROXIES=10.0.0.5\nFIREWARDEN_IDENTITY_HEADER=X-Forwarded-Email\n"
        "FIREWARDEN_LISTEN=10.0.0.7:8080\n"
    )
    firewarden("seat", "add", "ann")
    assert firewarden("seat", "link", "ann").out.startswith("http://10.0.0.7:8080/sign-in/")
