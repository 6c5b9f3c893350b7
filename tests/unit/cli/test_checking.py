"""`check` tells every fault at once, with its place, and what is fine; it changes nothing."""

from pathlib import Path

from tests.unit.cli.conftest import CommandLine

TEAM = """\
people:
  ann: {name: Ann, accounts: {console: ann}}
  bob: {name: Bob, accounts: {console: bob}, webhook: "https://pager.example/bob"}
groups: {responder: [ann, bob], approver: [ann, bob], communications: [bob], admin: [ann]}
"""


def faults(lines: list[str]) -> list[str]:
    return [line.removeprefix("FAULT  ") for line in lines if line.startswith("FAULT")]


def test_the_embedded_default_is_in_order_before_the_first_start(
    firewarden: CommandLine, folder: Path
) -> None:
    said = firewarden("check")
    assert said.status == 0
    assert said.lines[0] == "ok     settings: listens on 127.0.0.1:8080, alerts on 127.0.0.1:8080"
    assert said.lines[2] == "ok     runbooks: 7 of 7 may be used here"
    assert said.lines[-1] == "Everything is in order."
    assert list(folder.iterdir()) == []


def test_faults_of_policy_runbooks_texts_and_folder_are_told_together(
    firewarden: CommandLine, folder: Path
) -> None:
    firewarden("seat", "add", "ann")
    (folder / "var" / "alert.token").write_text("x")
    (folder / "var" / "alert.token").chmod(0o644)
    (folder / "policy.yaml").write_text("peple: {}\n")
    (folder / "books").mkdir()
    (folder / "books" / "mine.yaml").write_text("runbook: mine\ntitel: Mine\n")
    (folder / "texts").mkdir()
    (folder / "texts" / "update.txt.j2").write_text("{{ nobody_knows_this }}")
    (folder / ".env").write_text(
        "FIREWARDEN_POLICY=policy.yaml\nFIREWARDEN_RUNBOOKS=books\nFIREWARDEN_TEMPLATES=texts\n"
    )
    said = firewarden("check", "--offline")
    assert said.status == 2
    places = [line.partition(": ")[0] for line in faults(said.lines)]
    assert places[0] == "policy.yaml:1:1"
    assert "books/mine.yaml:2:1" in places
    assert "update.txt.j2" in [place.partition(":")[0] for place in places]
    assert "var/alert.token" in places
    assert said.lines[-1].endswith("faults: mend, then check again.")


def test_a_chat_with_a_token_that_no_policy_names_is_told(
    firewarden: CommandLine, folder: Path
) -> None:
    tokens = "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n"
    note = (
        "note   SLACK_BOT_TOKEN is set, and slack is not among the policy's platforms: nobody is"
        " told or heard there (chat: {platforms: [console, slack]})"
    )
    (folder / "policy.yaml").write_text(TEAM.replace(', webhook: "https://pager.example/bob"', ""))
    (folder / ".env").write_text(f"{tokens}FIREWARDEN_POLICY=policy.yaml\n")
    assert note in firewarden("check", "--offline").lines
    # Without a policy file whatever there is access to is used.
    (folder / ".env").write_text(tokens)
    assert not [line for line in firewarden("check", "--offline").lines if "SLACK" in line]


def test_a_person_whom_no_page_reaches_is_a_fault(firewarden: CommandLine, folder: Path) -> None:
    (folder / "policy.yaml").write_text(TEAM)
    (folder / ".env").write_text(
        "FIREWARDEN_POLICY=policy.yaml\nFIREWARDEN_WEBHOOK_SECRET=signs-the-pages\n"
    )
    firewarden("seat", "add", "bob")
    said = firewarden("check", "--offline")
    assert faults(said.lines) == [
        "ann is to be paged, and nothing reaches them: firewarden seat add ann"
    ]
    assert "ok     bob can be paged: console, webhook" in said.lines
    firewarden("seat", "add", "ann")
    assert firewarden("check", "--offline").status == 0


def test_a_bad_setting_is_told_by_check_as_by_any_command(
    firewarden: CommandLine, folder: Path
) -> None:
    (folder / ".env").write_text("FIREWARDEN_LISTEN=nowhere\nFIREWARDEN_POLCY=x\n")
    said = firewarden("check")
    assert said.status == 2
    assert [line.partition(": ")[0] for line in faults(said.lines)] == [".env:1", ".env:2"]
    assert firewarden("incident", "list").status == 2


def test_a_rule_that_loosens_on_purpose_is_shown(firewarden: CommandLine, folder: Path) -> None:
    (folder / "policy.yaml").write_text(
        "approvals: {rules: [{name: alone, tiers: [irreversible], override: true,"
        " quorum: [{groups: [approver], count: 1}]}]}\n"
    )
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    said = firewarden("check", "--offline")
    assert "note   approval rule 'alone' loosens others on purpose (override: true)" in said.lines


def test_who_may_go_around_an_approval_is_shown(firewarden: CommandLine, folder: Path) -> None:
    (folder / "policy.yaml").write_text(
        "approvals: {autonomy: reversible}\n"
        "groups: {responder: [commander], approver: [commander, approver],"
        " communications: [approver], break-glass: [commander]}\n"
    )
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    said = firewarden("check", "--offline")
    assert "note   small repairs run without a yes (approvals: autonomy: reversible)" in said.lines
    assert "note   may approve alone, with a reason (break-glass): commander" in said.lines


def test_a_host_that_does_not_answer_is_a_fault(firewarden: CommandLine, folder: Path) -> None:
    for name in ("observe", "change"):
        (folder / name).write_text("no key")
        (folder / name).chmod(0o600)
    (folder / "policy.yaml").write_text(
        "services: {shop: {owner: web}}\n"
        "hosts: {web-1: {address: 127.0.0.1, port: 1, service: shop, "
        'host-key: "ssh-ed25519 '
        'AAAAC3NzaC1lZDI1NTE5AAAAIJrpPCSvrUd7AA3IQBrDMZ9dkHzl3T3Nf2FHRl8WGdcj", '
        "observe: {key-file: observe}, change: {key-file: change}}}\n"
    )
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    assert firewarden("check", "--offline").status == 0
    said = firewarden("check")
    assert said.status == 2
    (told,) = faults(said.lines)
    assert told.startswith("host web-1: reachable, host key, observe login: ")
