"""The links of a room: the console, the runbooks of its runs, and what people linked."""

from bot.domain.state import Incident
from bot.usecases.delivering.rooms import room_links
from bot.values import IncidentId
from tests.support.incidents import declared, run_started

CONSOLE = "https://bot.example.org/"
RUNBOOKS = "https://git.example.org/{runbook}.yaml"


def shown(incident: Incident, console: str = "", runbook_url: str = "") -> list[tuple[str, str]]:
    return [(link.title.text, link.url) for link in room_links(incident, console, runbook_url)]


def test_a_run_brings_its_runbook_before_anybody_has_linked_it() -> None:
    incident = declared().tell(run_started()).incident
    assert shown(incident, CONSOLE, RUNBOOKS) == [
        ("Console", CONSOLE),
        ("Runbook disk-full", "https://git.example.org/disk-full.yaml"),
    ]


def test_a_runbook_without_an_address_is_not_linked() -> None:
    assert shown(declared().tell(run_started()).incident, CONSOLE) == [("Console", CONSOLE)]


def test_an_incident_without_a_run_has_no_runbook_in_its_bar() -> None:
    assert shown(Incident(id=IncidentId("i1")), "", RUNBOOKS) == []
