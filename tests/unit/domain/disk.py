"""The disk-full runbook of the catalogue, and a host whose disk fills and empties as told."""

from pathlib import Path

from bot.domain.approval import Asked
from bot.domain.events import CardKind, Outcome
from bot.values import RunId
from tests.unit.domain.people import ben
from tests.unit.domain.story import Story, exited

DISK_FULL = (Path(__file__).parents[3] / "runbooks" / "catalog" / "disk-full.yaml").read_text()

STEPS = (
    ("sudo", "journalctl", "--vacuum-size=16M"),
    ("sudo", "logrotate", "--force", "/etc/logrotate.conf"),
    ("sudo", "systemd-tmpfiles", "--clean"),
)
"""What the runbook's clean-up runs, in its order."""


class Disk:
    """Answers read-only commands; `used` is in percent."""

    def __init__(self, used: int = 92) -> None:
        self.used = used
        self.broken = False

    def __call__(self, argv: tuple[str, ...]) -> Outcome:
        if argv[0] == "df" and self.broken:
            return exited(1)
        if argv[0] == "df":
            header = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
            return exited(0, f"{header}/dev/vdb1 65536 60096 5440 {self.used}% /scratch\n")
        if argv[0] == "du":
            return exited(0, "28928\t/scratch/journal\n60528\t/scratch\n")
        return exited(0, "Archived and active journals take up 28.2M in the file system.\n")


def asked(story: Story, disk: Disk | None = None) -> Asked:
    """Start the clean-up on web-1 and let triage run, up to the question."""
    story.starts(DISK_FULL)
    story.looks(disk or Disk())
    return story.card(CardKind.CHANGE)


def approved(story: Story, disk: Disk | None = None) -> RunId:
    """Let ben say yes and triage repeat itself, up to the first command."""
    asked(story, disk)
    story.votes(ben)
    story.looks(disk or Disk())
    return story.run.started.run


def cleaned(story: Story, disk: Disk | None = None) -> Disk:
    """Let all three commands run."""
    disk = disk or Disk()
    approved(story, disk)
    for _ in STEPS:
        story.begins()
        story.ends(exited(0))
    disk.used = 48
    return disk
