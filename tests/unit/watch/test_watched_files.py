"""A change of a team's files is noticed once, when they have been still for one look."""

import os
from pathlib import Path

from bot.adapters.watch import Watched, policy_files


def watched(folder: Path) -> Watched:
    return Watched(lambda: policy_files(folder / "policy.yaml", folder, folder))


def test_nothing_changed_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("a")
    files = watched(tmp_path)
    assert [files.changed(), files.changed()] == [False, False]


def test_a_changed_file_is_told_once_after_it_was_still(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("a")
    files = watched(tmp_path)
    (tmp_path / "policy.yaml").write_text("longer")
    assert [files.changed(), files.changed(), files.changed()] == [False, True, False]


def test_files_that_keep_changing_are_waited_for(tmp_path: Path) -> None:
    files = watched(tmp_path)
    answers = []
    for number in range(3):
        (tmp_path / f"{number}.yaml").write_text("x")
        answers.append(files.changed())
    assert [*answers, files.changed()] == [False, False, False, True]


def test_a_file_of_equal_length_with_another_time_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("a")
    files = watched(tmp_path)
    os.utime(path, ns=(0, 1))
    assert [files.changed(), files.changed()] == [False, True]


def test_a_file_that_comes_or_goes_is_a_change(tmp_path: Path) -> None:
    files = watched(tmp_path)
    (tmp_path / "update.txt.j2").write_text("x")
    assert [files.changed(), files.changed()] == [False, True]
    (tmp_path / "update.txt.j2").unlink()
    assert [files.changed(), files.changed()] == [False, True]


def test_without_files_of_a_team_nothing_is_watched() -> None:
    assert list(policy_files(None, None, None)) == []
