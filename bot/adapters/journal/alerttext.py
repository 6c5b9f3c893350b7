"""What an alert says beside its identity, as one JSON text; both journals keep it so."""

import json
from dataclasses import replace
from typing import TypeAlias

from bot.domain.alerts import Alert
from bot.values import StreamRef, Untrusted

AlertText: TypeAlias = tuple[dict[str, str], dict[str, str], str, str, str]
"""Labels, annotations, summary, description and link."""


def owner_of_alerts(stream: StreamRef) -> str:
    """Return whose alerts an erasure in a stream looks through; "" = those of no incident."""
    return "" if stream.kind == "system" else stream.id


def text_of(alert: Alert) -> AlertText:
    """Return what an alert says."""
    labels, annotations = alert.labels, alert.annotations
    return (
        # JSON takes a plain dict alone; those that senders made are plain already.
        labels if isinstance(labels, dict) else dict(labels),
        annotations if isinstance(annotations, dict) else dict(annotations),
        alert.summary.text,
        alert.description.text,
        alert.link,
    )


def saying(alert: Alert, body: str | bytes) -> Alert:
    """Return the alert with what the JSON says."""
    content: AlertText = json.loads(body)
    labels, annotations, summary, description, link = content
    return replace(
        alert,
        labels=labels,
        annotations=annotations,
        summary=Untrusted(summary),
        description=Untrusted(description),
        link=link,
    )
