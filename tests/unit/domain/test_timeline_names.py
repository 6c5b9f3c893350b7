"""Lines of the timeline name people as whoever reads them wants them called."""

from typing import get_args

import pytest

from bot.domain.events import IncidentEvent
from bot.domain.timeline import NAMING, line
from tests.unit.records.samples import sample


@pytest.mark.parametrize("kind", get_args(IncidentEvent), ids=lambda kind: str(kind.__name__))
def test_the_events_whose_line_names_people_are_known(kind: type) -> None:
    event = sample(kind)
    assert isinstance(event, get_args(IncidentEvent))
    names = line(event, lambda person: f"«{person}»") != line(event)
    assert names is (kind.__name__ in NAMING)
    assert ("«text»" in line(event, lambda person: f"«{person}»")) is names
