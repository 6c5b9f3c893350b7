"""The unit and the image: they start what exists, outlast a drain, and give no right away."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Final

import pytest

from bot.config import Settings

ROOT: Final = Path(__file__).parents[2]
UNIT: Final = ROOT / "docs" / "deploy" / "firewarden.service"
IMAGE: Final = (ROOT / "Containerfile").read_text("utf-8")
ANALYZE: Final = shutil.which("systemd-analyze")
DRAIN: Final = Settings.model_fields["drain"].default

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def unit() -> dict[str, str]:
    # A key may stand twice; the last one of each is enough here.
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the library documents it
    parser.read(UNIT)
    return dict(parser["Service"])


@needs_systemd
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    installed = tmp_path / UNIT.name
    installed.write_text(UNIT.read_text().replace("/opt/firewarden/bin/firewarden", sys.executable))
    said = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", str(installed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@needs_systemd
def test_systemd_rates_the_units_exposure_low() -> None:
    said = subprocess.run(
        [str(ANALYZE), "security", "--offline=yes", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=True,
    )
    (exposure,) = re.findall(
        r"Overall exposure level for firewarden.service: ([\d.]+)", said.stdout
    )
    assert float(exposure) <= 1.5


def test_the_unit_waits_for_readiness_life_and_a_whole_drain() -> None:
    said = unit()
    assert (said["Type"], said["NotifyAccess"], said["KillMode"]) == ("notify", "main", "mixed")
    assert int(said["WatchdogSec"]) == 30
    assert int(said["TimeoutStopSec"]) >= DRAIN + 30


def test_the_unit_writes_to_its_own_folder_alone() -> None:
    said = unit()
    assert (said["User"], said["ProtectSystem"], said["StateDirectory"]) == (
        "firewarden",
        "strict",
        "firewarden",
    )
    assert "ReadWritePaths" not in said
    assert said["CapabilityBoundingSet"] == ""


def test_the_image_installs_nothing_without_a_pin_and_a_hash() -> None:
    installs = re.findall(r"pip install((?:[^\n]|\\\n)*?)(?<!\\)\n", IMAGE)
    assert len(installs) == 2
    assert "--require-hashes --requirement requirements.txt" in installs[0]
    assert "--no-deps --no-build-isolation --no-index ." in installs[1]
    assert not re.search(r"apt|curl|wget|ADD ", IMAGE)


def test_the_image_runs_as_nobody_of_weight_and_is_asked_for_its_health() -> None:
    final = IMAGE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", final, re.MULTILINE) == ["10001:10001"]
    assert "/healthz" in final
    assert "STOPSIGNAL SIGTERM" in final


def test_the_image_copies_code_by_name_and_so_no_secret_of_a_checkout() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", IMAGE, re.MULTILINE)
    assert copied == [
        "requirements.txt",
        "pyproject.toml README.md LICENSE",
        "bot",
        "cards",
        "handlers",
        "runbooks",
        "templates",
    ]
    assert all((ROOT / name).exists() for names in copied for name in names.split())
