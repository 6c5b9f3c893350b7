"""`firewarden check` tries the tokens, and says what breaks without each scope."""

from dataclasses import replace
from pathlib import Path

from bot.cli.findings import Finding, Level
from bot.cli.slack_check import slack_findings
from bot.config import default_policy, load_settings
from bot.domain.policy import Policy, PolicyPerson
from bot.values import PersonId
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import APP_TOKEN, BOT_TOKEN


async def checked(
    folder: Path,
    team: Slack,
    bot: str = BOT_TOKEN,
    app: str = "",
    policy: Policy | None = None,
) -> list[Finding]:
    env = folder / "env"
    heard = f"SLACK_APP_TOKEN={app}" if app else "SLACK_SIGNING_SECRET=s3cret"
    env.write_text(f"SLACK_BOT_TOKEN={bot}\nSLACK_API_URL={team.base}api/\n{heard}\n")
    return await slack_findings(load_settings(env), policy)


async def test_nothing_is_said_of_slack_where_it_is_not_used(tmp_path: Path) -> None:
    assert await slack_findings(load_settings(tmp_path / "env")) == []


async def test_working_tokens_are_said_to_work(tmp_path: Path) -> None:
    async with slack() as team:
        assert await checked(tmp_path, team, app=APP_TOKEN) == [
            Finding(Level.FINE, "Slack: Tests, heard over Socket Mode")
        ]
        assert await checked(tmp_path, team) == [
            Finding(Level.FINE, "Slack: Tests, heard over signed HTTP")
        ]


async def test_a_missing_scope_is_told_with_what_breaks_without_it(tmp_path: Path) -> None:
    async with slack() as team:
        team.of.scopes -= {"im:write"}
        assert await checked(tmp_path, team) == [
            Finding(
                Level.FAULT,
                "Slack: without the scope im:write the bot does not do this: "
                "it pages people by direct message",
            )
        ]


async def test_a_wrong_token_is_a_fault_that_does_not_repeat_it(tmp_path: Path) -> None:
    async with slack() as team:
        [bot] = await checked(tmp_path, team, bot="xoxb-wrong")
        [app] = await checked(tmp_path, team, app="xapp-wrong")
    assert bot.level is app.level is Level.FAULT
    assert "token is wrong" in bot.text
    assert "wrong-" not in bot.text + app.text
    assert "xapp-" not in app.text


GROUP = (
    "Slack: the group approver has the members of T1/S404: Slack refuses "
    "usergroups.users.list: no_such_subteam (no_such_subteam)"
)


def person(name: str, user: str = "", email: str = "") -> PolicyPerson:
    accounts = (("slack", f"T1/{user}"),) if user else ()
    return PolicyPerson(id=PersonId(name), name=name, accounts=accounts, email=email)


async def test_what_the_policy_names_and_nobody_stands_behind_is_a_fault(tmp_path: Path) -> None:
    people = (
        person("ann", "U1"),
        person("bob", "U2"),
        person("cleo", "U404"),
        person("dora", email="dora@example.org"),
        person("eve", email="eve@example.org"),
    )
    policy = replace(
        default_policy(),
        people={one.id: one for one in people},
        slack_groups={"approver": ("T1/S1", "T1/S404")},
        link_by_email=("slack",),
    )
    async with slack() as team:
        team.of.add_user("U1", "ann")
        team.of.add_user("U2", "bob", guest=True)
        team.of.add_user("U4", "dora", email="dora@example.org")
        team.of.groups["S1"] = {"U1"}
        found = await checked(tmp_path, team, policy=policy)
    assert [finding.text for finding in found] == [
        GROUP,
        "Slack: bob has the account T1/U2, which is guest",
        "Slack: cleo has the account T1/U404, which is stranger",
        "Slack: eve has the address eve@example.org, which no full member has confirmed",
    ]
    assert {finding.level for finding in found} == {Level.FAULT}
