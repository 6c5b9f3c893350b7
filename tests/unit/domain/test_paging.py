"""Paging: one person after the other until somebody says "I have it", then everybody."""

from dataclasses import replace

from bot.domain.actor import FIREWARDEN
from bot.domain.decided import Decided, Refusal
from bot.domain.effects import Invite
from bot.domain.events import (
    PageAcknowledged,
    PageExhausted,
    PageStarted,
    PageUndeliverable,
    PersonPaged,
)
from bot.domain.intents import Acknowledge, Page, PageResult
from bot.domain.policy import PolicyPerson
from bot.values import PersonId, Severity, Untrusted
from tests.unit.domain.people import actor, ana, ben, dan
from tests.unit.domain.policy import ANA, BEN, DAN, MINUTE, PEOPLE, POLICY
from tests.unit.domain.story import Story


def paged() -> Story:
    story = Story().declared(Severity.SEV5)
    story.does(Page(by=dan, reason=Untrusted("help")))
    return story


def unreachable(story: Story, person: PersonId, pager: str = "console") -> None:
    page = story.events(PageStarted)[-1].page
    story.does(
        PageResult(by=FIREWARDEN, page=page, person=person, pager=pager, why=Untrusted("gone"))
    )


def test_an_alert_wakes_the_first_person_at_once() -> None:
    story = Story().alerted(Severity.SEV2)
    assert story.woken() == ["ana by console, level 1"]
    assert story.events(PageStarted)[0].order == (ANA, BEN)
    assert story.events(PersonPaged)[0].next_at == story.now + 5 * MINUTE


def test_members_of_user_groups_are_woken_after_the_named_people_and_nobody_twice() -> None:
    group, usual = POLICY.escalations[POLICY.default_escalation].group, POLICY.escalations
    whole = {name: replace(one, whole_group=True) for name, one in usual.items()}
    members = {group: (BEN, DAN)}
    policy = replace(POLICY, escalations=whole, user_group_members=members)
    assert Story(policy).alerted().events(PageStarted)[0].order == (ANA, BEN, DAN)
    named = replace(policy, escalations=usual)
    assert Story(named).alerted().events(PageStarted)[0].order == (ANA, BEN)


def test_a_mild_alert_wakes_nobody() -> None:
    assert Story().alerted(Severity.SEV4).woken() == []


def test_without_an_acknowledgement_the_next_person_is_woken_and_at_last_everybody() -> None:
    story = paged()
    story.passes(5 * MINUTE - MINUTE / 60)
    assert story.woken() == ["ana by console, level 1"]
    story.passes(MINUTE / 60)
    assert story.woken() == ["ana by console, level 1", "ben by console, level 2"]
    story.passes(5 * MINUTE)
    assert story.woken() == [
        "ana by console, level 1",
        "ben by console, level 2",
        "ana by console, level 3",
        "ben by console, level 3",
    ]
    story.passes(60 * MINUTE)
    assert len(story.woken()) == 4


def test_the_announcement_channel_hears_of_an_exhausted_page() -> None:
    story = paged()
    story.passes(10 * MINUTE)
    assert story.kinds()[-1] == "PageExhausted"
    assert story.posted() == [
        "PageExhausted -> console/room",
        "PageExhausted -> console/channel:announcements",
    ]


def test_an_acknowledgement_stops_the_waking_and_joins_the_person() -> None:
    story = Story().alerted()
    story.does(Acknowledge(by=ana))
    story.passes(60 * MINUTE)
    pages = [p.page for p in story.events(PageStarted) if "commander" not in p.reason.text]
    assert [a.person for a in story.events(PageAcknowledged)] == [ANA]
    assert [p.person for p in story.events(PersonPaged) if p.page in pages] == [ANA]
    assert ANA in story.incident.members


def test_a_late_acknowledgement_is_still_good_news() -> None:
    story = paged()
    story.passes(30 * MINUTE)
    assert story.events(PageExhausted)
    story.does(Acknowledge(by=ben))
    assert story.events(PageAcknowledged)[0].person == BEN
    assert story.refused(Acknowledge(by=ana)) == (
        "Nothing waits for an acknowledgement: Ben has it."
    )


def test_a_person_who_cannot_be_reached_is_passed_over_at_once() -> None:
    story = Story().alerted()
    unreachable(story, ANA)
    assert story.woken() == ["ana by console, level 1", "ben by console, level 2"]
    assert story.events(PageUndeliverable)[0].why == Untrusted("gone")


def test_a_person_with_a_second_channel_is_passed_over_only_when_both_fail() -> None:
    webhook = PolicyPerson(id=ANA, name="Ana", webhook="https://pager.example/ana")
    story = Story(replace(POLICY, people={**PEOPLE, ANA: webhook})).alerted()
    assert story.woken() == ["ana by console, level 1", "ana by webhook, level 1"]
    unreachable(story, ANA)
    assert len(story.woken()) == 2
    unreachable(story, ANA, "webhook")
    assert story.woken()[-1] == "ben by console, level 2"


def test_the_timer_of_a_person_who_was_passed_over_does_not_wake_the_next_too_early() -> None:
    story = paged()
    story.passes(4 * MINUTE)
    unreachable(story, ANA)
    page = story.events(PageStarted)[0].page
    story.passes(MINUTE)
    story.rings(f"page:{page}")
    assert story.woken() == ["ana by console, level 1", "ben by console, level 2"]
    assert story.events(PageExhausted) == []


def test_a_group_without_people_is_exhausted_at_once_rather_than_silent() -> None:
    story = Story().declared()
    story.does(Page(by=ana, escalation="nobody", reason=Untrusted("help")))
    assert [type(e).__name__ for e in story.events(PageExhausted)] == ["PageExhausted"]


def test_a_person_can_be_paged_by_name() -> None:
    story = Story().declared()
    story.does(Page(by=ana, people=(DAN,), reason=Untrusted("the database")))
    assert story.woken() == ["dan by console, level 1"]
    assert story.answer == "Paging Dan."


def test_an_unknown_group_is_refused_with_the_known_ones() -> None:
    story = Story().declared()
    page = Page(by=ana, escalation="sre", reason=Untrusted("x"))
    assert story.refused(page) == (
        "There is no group “sre” to page (known: nobody, on-call, security)."
    )


def test_whoever_is_paged_is_invited_and_sees_a_private_incident() -> None:
    story = Story().alerted(route="hidden")
    assert story.incident.private
    assert story.woken() == ["dan by console, level 1"]
    (invited,) = [effect for effect in story.last if isinstance(effect, Invite)]
    assert (invited.platform, invited.person) == ("console", DAN)
    outsider = Acknowledge(by=ben)
    assert story.refused(outsider) == "There is no such incident."
    story.does(Acknowledge(by=dan))
    assert story.incident.pages[story.events(PageStarted)[0].page].acknowledged_by == DAN


def test_an_incident_without_a_commander_is_itself_a_page() -> None:
    story = Story().alerted(Severity.SEV4)
    story.passes(5 * MINUTE)
    assert story.events(PageStarted)[0].reason == Untrusted(
        "This incident has had no commander for too long: claim it."
    )


def test_a_drill_pages_nobody() -> None:
    story = Story().alerted(Severity.SEV1, route="drill")
    story.passes(60 * MINUTE)
    assert story.woken() == []
    assert story.refused(Page(by=ana, reason=Untrusted("x"))) == "A drill pages nobody."


def test_a_page_that_does_not_exist_looks_absent() -> None:
    story = Story().alerted()
    decision = story.decides(Acknowledge(by=ana, page="p9"))
    assert decision == Refusal(reason="There is no such page.", hidden=True)


def test_a_guest_in_good_groups_may_acknowledge() -> None:
    story = Story().alerted()
    decision = story.tries(Acknowledge(by=actor(ANA, "reader")))
    assert isinstance(decision, Decided)
