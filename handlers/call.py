"""One command or pressed button on its way to an intent: who, where, and which incident."""

from dataclasses import dataclass

from bot.domain.actor import Actor
from bot.domain.decided import Refusal
from bot.domain.intents import Freeze, IncidentIntent, SystemIntent, Unfreeze
from bot.domain.permissions import Verb, allowed
from bot.domain.state import Incident
from bot.errors import UserMistake
from bot.requests import Reply, ReplyTone
from bot.usecases.commands import Core
from bot.usecases.deciding import Done, Extra, Known, Lost, Result
from bot.usecases.freezes_shown import show_freezes
from bot.usecases.nouns import SYSTEM_STREAM
from bot.usecases.reading import viewer_of
from bot.usecases.views import Viewer
from bot.values import ConversationRef, IncidentId, PersonId, Untrusted
from cards.model import Card
from handlers.grammar import Words

NO_INCIDENT = IncidentId("")
"""Stands for "none was named": only verbs that work anywhere see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a verb's function works on. `words` follow the verb, `usage` is its usage line.

    `incident` is the one that was meant, by its room or by its number; NO_INCIDENT for verbs
    that need none.
    """

    id: str
    actor: Actor
    core: Core
    words: Words
    usage: str = ""
    conversation: ConversationRef | None = None
    incident: IncidentId = NO_INCIDENT

    @property
    def viewer(self) -> Viewer:
        """The actor as somebody who reads."""
        return viewer_of(self.actor)

    def said(self, text: str | None = None) -> Untrusted:
        """Return free text (by default all words) as it may be stored: secrets taken out."""
        return Untrusted(self.core.redactor.redact(self.words.text if text is None else text))

    def line(self, text: str | None = None) -> Untrusted:
        """Return free text on one line, secrets taken out."""
        return self.said(" ".join((self.words.text if text is None else text).split()))

    def option(self, key: str) -> Untrusted:
        """Return the value of an option, secrets taken out; empty where it was not given."""
        return self.said(self.words.options.get(key, ""))

    def mistake(self, message: str) -> UserMistake:
        """Make the mistake that shows this verb's usage."""
        return UserMistake(message, usage=self.usage)

    def needs_words(self, message: str) -> None:
        """Refuse a command that says nothing."""
        if not self.words.text.strip():
            raise self.mistake(message)

    def takes_nothing_more(self, words: Words) -> None:
        """Refuse words that the verb has no place for."""
        if words.words:
            raise self.mistake(f"“{words.line}” has no place here.")

    async def person(self, words: str) -> PersonId:
        """Return the person that is meant; `me` is whoever asks."""
        if words.casefold().removeprefix("@") == "me":
            return self.actor.person
        found = await self.core.identity.person_called(
            words, self.actor.platform, self.actor.account
        )
        if found is None:
            people = self.core.current.policy.people.values()
            known = ", ".join(sorted(f"@{p.id}" for p in people)) or "nobody"
            raise self.mistake(f"Nobody is called “{words}” (known: {known}).")
        return found

    async def state(self) -> Incident:
        """Return the incident as it stands, where the actor may see it."""
        self.may_read()
        found = await self.core.reading.state(self.viewer, self.incident)
        if found is None:
            raise self.mistake("There is no such incident.")
        return found

    def may_read(self) -> None:
        """Refuse a read to somebody who may not."""
        why_not = allowed(self.actor, Verb.READ)
        if why_not:
            raise self.mistake(f"You cannot see this: {why_not}.")

    async def submit(self, intent: IncidentIntent, incident: IncidentId = NO_INCIDENT) -> Reply:
        """Decide and commit what is wanted of an incident, and say what came of it."""
        ident = incident or self.incident
        result = await self.core.incidents.submit(ident, intent, Extra(request=self.id))
        return replied(result)

    async def submit_to_system(self, intent: SystemIntent) -> Reply:
        """Decide and commit what is wanted of the whole installation."""
        core = self.core
        result = await core.system.submit(SYSTEM_STREAM, intent, Extra(request=self.id))
        if isinstance(intent, Freeze | Unfreeze) and isinstance(result, Done):
            await show_freezes(core.journal, core.incidents, core.clock)
        return replied(result)


def replied(result: Result) -> Reply:
    """Return what the person reads about the result of their intent."""
    match result:
        case Done(answer=answer) | Known(answer=answer):
            return Reply(tone=ReplyTone.DONE, text=answer)
        case Refusal(reason=reason):
            return Reply(tone=ReplyTone.MISTAKE, text=reason)
        case Lost():
            raise RuntimeError("a person's request is made under no claim that could be lost")


def answered(text: str, card: Card | None = None) -> Reply:
    """Return the answer to a read: nothing was changed."""
    return Reply(tone=ReplyTone.ANSWER, text=text, card=card)
