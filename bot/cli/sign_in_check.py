"""The part of the check that looks at how people get in: proxies, issuer, certificate."""

from datetime import timedelta
from typing import Final

from bot.adapters.clock import SystemClock
from bot.app.signing_in import oidc_client
from bot.cli.findings import Finding, counted, fault, fine, note
from bot.config import Settings
from bot.domain.policy import Policy
from bot.errors import FirewardenError, OperatorMistake

_SOON: Final = timedelta(days=14)
"""A certificate is renewed a month before its end by what renews certificates."""

_SHOWN: Final = 5


async def sign_in_findings(
    settings: Settings, policy: Policy | None, *, offline: bool
) -> list[Finding]:
    """Look at every way in that is configured; the issuer is asked for its description and keys."""
    found = _certificate(settings)
    if not settings.signs_in:
        return found
    if policy is not None:
        found += _people(policy)
    found += _proxies(settings)
    if not offline:
        found += await _issuer(settings)
    return found


def _people(policy: Policy) -> list[Finding]:
    without = [person.id for person in policy.people.values() if not person.email]
    able = len(policy.people) - len(without)
    if not able:
        return [fault("sign-in: nobody of the policy has an email, so nobody can sign in")]
    found = [fine(f"sign-in: {able} of {len(policy.people)} people have an address to sign in by")]
    if without:
        more = f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
        names = ", ".join(sorted(without)[:_SHOWN])
        found.append(note(f"sign-in: {names}{more}: no email, so a seat's link is their way in"))
    return found


def _proxies(settings: Settings) -> list[Finding]:
    if not settings.proxies:
        return []
    named = ", ".join(str(network) for network in settings.proxies)
    says = f", and {settings.identity_header} says who" if settings.identity_header else ""
    found = [fine(f"sign-in: people come through {named}{says}")]
    if settings.identity_header and any(network.is_loopback for network in settings.proxies):
        found.append(note("sign-in: every program on this machine may say who somebody is"))
    return found


async def _issuer(settings: Settings) -> list[Finding]:
    client = oidc_client(settings)
    if client is None:
        return []
    # As in `bot.app`: only who uses an issuer pays for its library.
    from bot.adapters.oidc.issuer import Issuer  # noqa: PLC0415 - as above

    issuer = Issuer(client, clock=SystemClock())
    try:
        described, keys = await issuer.description(), await issuer.keys()
    except FirewardenError as error:
        return [fault(f"sign-in: {client.issuer}: {error}")]
    found = []
    if not keys:
        found.append(fault(f"sign-in: {client.issuer} has no key for RS256 or ES256"))
    if not {"RS256", "ES256"} & set(described.algorithms):
        names = ", ".join(described.algorithms)
        found.append(
            fault(f"sign-in: {client.issuer} signs with {names}: RS256 or ES256 is needed")
        )
    if described.challenges and "S256" not in described.challenges:
        found.append(fault(f"sign-in: {client.issuer} takes no PKCE challenge of kind S256"))
    if described.claims and "auth_time" not in described.claims:
        found.append(
            note(
                f"sign-in: {client.issuer} does not name auth_time among its claims: without it "
                "people may read, and nobody decide"
            )
        )
    told = f"{counted(len(keys), 'key')}, sends people back to {client.redirect}"
    if described.end_session:
        told += f", after a sign-out to {client.signed_out}"
    return found or [fine(f"sign-in: {client.issuer}: {told}")]


def _certificate(settings: Settings) -> list[Finding]:
    if settings.tls_cert is None or settings.tls_key is None:
        return []
    # As in `bot.app`: only who uses TLS of our own pays for it.
    from bot.adapters.http.tls import Certificate, ends_at  # noqa: PLC0415 - as above

    try:
        Certificate(settings.tls_cert, settings.tls_key)
    except OperatorMistake as mistake:
        return [fault(str(one)) for one in mistake.faults]
    left = ends_at(settings.tls_cert) - SystemClock().now()
    if left <= timedelta(0):
        return [fault(f"certificate {settings.tls_cert}: it has expired")]
    days = f"certificate {settings.tls_cert}: good for {counted(left.days, 'day')}"
    return [note(days) if left < _SOON else fine(days)]
