"""`firewarden check` tries the issuer and the certificate, and says who has no way in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli.findings import Finding
from bot.cli.sign_in_check import sign_in_findings
from bot.config import Known, Settings, load_policy, load_settings
from bot.domain.policy import Policy
from bot.values import Json
from tests.support.certificates import write_certificate
from tests.support.issuer import CLIENT, Issuer, issuing
from tests.support.shifted import ShiftedClock
from tests.support.team_bot import POLICY

KNOWN = Known(
    runbooks=frozenset(), templates=frozenset({"customer-progress"}), sources=frozenset({"drill"})
)
PUBLIC = "PUBLIC_URL=https://bot.example"
FINE = "sign-in: 4 of 5 people have an address to sign in by"
OTTO = "sign-in: otto: no email, so a seat's link is their way in"


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing(ShiftedClock()) as served:
        yield served


def settings(folder: Path, *lines: str) -> Settings:
    env = folder / "env"
    env.write_text("".join(f"FIREWARDEN_{line}\n" for line in (*lines, "POLICY=policy.yaml")))
    return load_settings(env)


def at(issuer: Issuer, folder: Path) -> Settings:
    return settings(
        folder,
        f"OIDC_ISSUER={issuer.base}",
        f"OIDC_CLIENT_ID={CLIENT}",
        "OIDC_CLIENT_SECRET=s",
        PUBLIC,
    )


def policy(folder: Path, text: str = POLICY) -> Policy:
    path = folder / "policy.yaml"
    path.write_text(text)
    return load_policy(path, KNOWN)


async def told(of: Settings, people: Policy, *, offline: bool = False) -> list[tuple[str, str]]:
    found: list[Finding] = await sign_in_findings(of, people, offline=offline)
    return [(one.level.value, one.text) for one in found]


async def test_nothing_is_said_where_nothing_is_configured(tmp_path: Path) -> None:
    assert await told(settings(tmp_path), policy(tmp_path)) == []


async def test_an_issuer_that_answers_as_it_should_is_fine(issuer: Issuer, tmp_path: Path) -> None:
    back = "sends people back to https://bot.example/oidc/callback"
    assert await told(at(issuer, tmp_path), policy(tmp_path)) == [
        ("ok", FINE),
        ("note", OTTO),
        ("ok", f"sign-in: {issuer.base}: 1 key, {back}"),
    ]


async def test_where_people_come_back_to_from_a_sign_out_is_told_for_registering_it(
    issuer: Issuer, tmp_path: Path
) -> None:
    issuer.signed_out = "https://bot.example/oidc/signed-out"
    back = "sends people back to https://bot.example/oidc/callback"
    assert (await told(at(issuer, tmp_path), policy(tmp_path)))[2:] == [
        (
            "ok",
            f"sign-in: {issuer.base}: 1 key, {back}, after a sign-out to {issuer.signed_out}",
        ),
    ]


async def test_an_issuer_that_is_down_or_somebody_else_is_a_fault(
    issuer: Issuer, tmp_path: Path
) -> None:
    of, people = at(issuer, tmp_path), policy(tmp_path)
    base = issuer.base
    issuer.up = False
    assert (await told(of, people))[2:] == [("FAULT", f"sign-in: {base}: the issuer answered 503")]
    issuer.up, issuer.base = True, f"{base}/other"
    assert (await told(of, people))[2:] == [
        (
            "FAULT",
            f"sign-in: {base}: the issuer calls itself '{base}/other', and '{base}' is configured",
        )
    ]
    assert (await told(of, people, offline=True))[2:] == []


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"claims_supported": ["sub"]}, "note", "does not name auth_time among its claims"),
        ({"code_challenge_methods_supported": ["plain"]}, "FAULT", "takes no PKCE challenge"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "FAULT", "signs with HS256"),
        ({"response_types_supported": ["token"]}, "FAULT", "gives out no authorisation codes"),
        (
            {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
            "FAULT",
            "takes no client secret, only private_key_jwt",
        ),
        ({"jwks_uri": "http://id.example/keys"}, "FAULT", "is no https address"),
        ({"token_endpoint": "https://a@id.example/"}, "FAULT", "is no https address"),
        ({"token_endpoint": None}, "FAULT", "description of itself cannot be read"),
    ],
)
async def test_what_an_issuer_lacks_is_told(
    issuer: Issuer, tmp_path: Path, change: dict[str, Json], level: str, words: str
) -> None:
    issuer.described = change
    [said] = (await told(at(issuer, tmp_path), policy(tmp_path)))[2:]
    assert said[0] == level
    assert words in said[1]


async def test_a_policy_in_which_nobody_can_sign_in_is_a_fault(tmp_path: Path) -> None:
    of = settings(tmp_path, "PROXIES=127.0.0.1", "IDENTITY_HEADER=X-Forwarded-Email", PUBLIC)
    text = "\n".join(
        line.partition(", email")[0] + "}" * (", email" in line)
        for line in POLICY.replace(", accounts: {console: cleo-desk}", "").splitlines()
    )
    assert await told(of, policy(tmp_path, text)) == [
        ("FAULT", "sign-in: nobody of the policy has an email, so nobody can sign in"),
        ("ok", "sign-in: people come through 127.0.0.1/32, and X-Forwarded-Email says who"),
        ("note", "sign-in: every program on this machine may say who somebody is"),
    ]


@pytest.mark.parametrize(
    ("lasts", "level", "words"),
    [(30, "ok", "good for 29 days"), (5, "note", "good for 4 days"), (-1, "FAULT", "has expired")],
)
async def test_a_certificate_is_told_by_its_end(
    tmp_path: Path, lasts: int, level: str, words: str
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key, lasts=lasts)
    of = settings(tmp_path, f"TLS_CERT={cert}", f"TLS_KEY={key}")
    [said] = await told(of, policy(tmp_path))
    assert said[0] == level
    assert words in said[1]
