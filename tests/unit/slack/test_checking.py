"""`firewarden check` tries the tokens, and says what breaks without each scope."""

from pathlib import Path

from bot.cli.findings import Finding, Level
from bot.cli.slack_check import slack_findings
from bot.config import load_settings
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import APP_TOKEN, BOT_TOKEN


async def checked(folder: Path, team: Slack, bot: str = BOT_TOKEN, app: str = "") -> list[Finding]:
    env = folder / "env"
    heard = f"SLACK_APP_TOKEN={app}" if app else "SLACK_SIGNING_SECRET=s3cret"
    env.write_text(f"SLACK_BOT_TOKEN={bot}\nSLACK_API_URL={team.base}api/\n{heard}\n")
    return await slack_findings(load_settings(env))


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
