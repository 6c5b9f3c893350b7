"""What every commit must look like before a journal takes it; anything else is a bug."""

from bot.ports import Commit


def check_shape(commit: Commit) -> None:
    """Raise ValueError where records do not continue `stream` from `expected`, one by one."""
    if (commit.stream is None) != (commit.expected is None):
        raise ValueError("a commit names its stream and the expected head together, or neither")
    if commit.stream is None or commit.expected is None:
        if commit.records or commit.erased:
            raise ValueError("records need a stream to continue, and erasures too")
        return
    if commit.erased is not None and (
        not commit.records or any(seq > commit.expected.seq for seq, _ in commit.erased.bodies)
    ):
        raise ValueError("only what came before is erased, and only where a record tells of it")
    for seq, record in enumerate(commit.records, commit.expected.seq + 1):
        if record.stream != commit.stream or record.seq != seq:
            raise ValueError(
                f"record {record.stream}/{record.seq} does not continue {commit.stream} at {seq}"
            )
