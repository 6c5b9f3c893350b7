"""The verb that tells stakeholders: a notice from its audience's template, first as a preview."""

from bot.domain.intents import PrepareNotice
from bot.domain.policy import Audience
from bot.requests import Reply
from bot.values import Untrusted
from cards.incident_facts import facts_of
from cards.texts import TextName, jargon_in
from handlers.call import Call


async def notify(call: Call) -> Reply:
    """Prepare a notice; words that outsiders should not read are flagged in the preview."""
    policy = call.core.current.policy
    audience = policy.audiences.get(call.words.first)
    if audience is None:
        known = ", ".join(sorted(policy.audiences)) or "none is configured"
        raise call.mistake(f"Which audience? Known: {known}.")
    text = await _text(call, audience)
    flagged = jargon_in(text.text, policy) if audience.external else ()
    return await call.submit(
        PrepareNotice(by=call.actor, audience=audience.name, text=text, flagged=flagged)
    )


async def _text(call: Call, audience: Audience) -> Untrusted:
    """Render the audience's template around what the author wrote."""
    incident = await call.state()
    context = await call.core.rendering.context()
    words = call.said(call.words.without_first().text)
    facts = facts_of(incident, context, text=words.text, author=call.actor.name)
    try:
        name = TextName(audience.template.replace("_", "-"))
    except ValueError:
        raise call.mistake(
            f"The policy names a text “{audience.template}” for {audience.name}, and there is none."
        ) from None
    return context.texts.render(name, facts)
