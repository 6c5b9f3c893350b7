"""How long the executor waits and how much it does at once, with where each number is from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Deadlines in seconds and counts; the defaults suit hosts in one or two data centres."""

    connect: float = 8.0
    """TCP connection."""

    banner: float = 8.0
    """From the connection to the server's banner; sshd's own log-in grace is 120 s."""

    handshake: float = 15.0
    """Key exchange and host key."""

    auth: float = 15.0
    """Until the login is accepted."""

    channel: float = 10.0
    """Until the server opens a session."""

    silence: float = 20.0
    """Sent bytes without acknowledgement until the link is called lost (TCP_USER_TIMEOUT)."""

    grace: float = 15.0
    """More than a command's own timeout until its answer must be here: the host keeps the
    deadline (and gives a group 10 s to die), this only catches a host that went silent."""

    idle: float = 300.0
    """A link that was not used for this long is opened anew."""

    patience: float = 60.0
    """Until waiting for a place on a host that is at its own limit is given up."""

    sessions: int = 8
    """Commands at once over one link; sshd's MaxSessions is 10 by default."""

    commands: int = 100
    """Commands at once over all links: each keeps up to a megabyte of its output meanwhile."""

    threads: int = 32
    """Of these, over links that threads read (see `Link.hand_over`): each holds one."""
