"""Who may reach the console from elsewhere: encrypted or through a proxy, and never unasked."""

from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.config.settings import variable_name
from bot.errors import OperatorMistake

OIDC = ("OIDC_ISSUER=https://id.example/", "OIDC_CLIENT_ID=bot", "OIDC_CLIENT_SECRET=s3cret")
HEADER = ("IDENTITY_HEADER=X-Forwarded-Email", "PROXIES=10.0.0.5")
TLS = ("TLS_CERT=cert.pem", "TLS_KEY=key.pem")
OWN = ("POLICY=policy.yaml", "PUBLIC_URL=https://bot.example")
OPEN = "LISTEN=0.0.0.0:8443"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_name(field), raising=False)


def load(folder: Path, *lines: str) -> Settings:
    path = folder / ".env"
    path.write_text("".join(f"FIREWARDEN_{line}\n" for line in lines))
    return load_settings(path)


def faults(folder: Path, *lines: str) -> list[str]:
    """Return which variables are at fault, without words."""
    with pytest.raises(OperatorMistake) as caught:
        load(folder, *lines)
    names = [fault.message.partition(":")[0] for fault in caught.value.faults]
    return [name.removeprefix("FIREWARDEN_") for name in names]


@pytest.mark.parametrize(
    "lines",
    [
        (OPEN, *TLS, *OIDC, *OWN),
        (OPEN, *HEADER, *OWN),
        (OPEN, "PROXIES=10.0.0.5", *OIDC, *OWN),
        (OPEN, *TLS, *HEADER, *OWN),
        ("LISTEN=127.0.0.1:8080", *OIDC, *OWN),
        ("LISTEN=127.0.0.1:8080", *HEADER, *OWN),
        ("LISTEN=127.0.0.1:8080", *OIDC, "POLICY=p.yaml", "PUBLIC_URL=http://127.0.0.1:8080"),
        ("PROXIES=127.0.0.1",),
        ("PROXIES=10.0.0.5, fd00::/16 192.168.0.0/24", *OIDC, *OWN),
    ],
)
def test_what_is_safe_is_taken(tmp_path: Path, lines: tuple[str, ...]) -> None:
    load(tmp_path, *lines)


@pytest.mark.parametrize(
    ("lines", "at_fault"),
    [
        ((OPEN,), ["LISTEN", "LISTEN"]),
        ((OPEN, *OWN), ["LISTEN", "LISTEN"]),
        ((OPEN, *TLS, *OWN), ["LISTEN"]),
        ((OPEN, "PROXIES=10.0.0.5", *OWN), ["LISTEN"]),
        ((OPEN, *OIDC, *OWN), ["LISTEN"]),
        ((OPEN, *TLS, *OIDC), ["TLS_CERT", "OIDC_ISSUER", "PUBLIC_URL"]),
        ((*HEADER, "PUBLIC_URL=https://bot.example"), ["IDENTITY_HEADER"]),
        ((HEADER[0], *OWN), ["IDENTITY_HEADER"]),
        ((*HEADER, *OIDC, *OWN), ["IDENTITY_HEADER"]),
        ((*OIDC[:1], *OWN), ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"]),
        ((*OIDC[1:], *OWN), ["OIDC_ISSUER"]),
        ((TLS[0], *OWN), ["TLS_KEY"]),
        ((TLS[1], *OWN), ["TLS_CERT"]),
        ((*OIDC, "POLICY=p.yaml"), ["PUBLIC_URL"]),
        ((*OIDC, "POLICY=p.yaml", "PUBLIC_URL=http://bot.example"), ["PUBLIC_URL"]),
        ((*OIDC, "POLICY=p.yaml", "PUBLIC_URL=https://bot.example/console"), ["PUBLIC_URL"]),
        ((*OIDC, "POLICY=p.yaml", "PUBLIC_URL=https://bot.example/?a=b"), ["PUBLIC_URL"]),
        (("PROXIES=proxy.example",), ["PROXIES"]),
        (("PROXIES=0.0.0.0/0",), ["PROXIES"]),
        (("PROXIES=::/0",), ["PROXIES"]),
        (("PROXIES=10.0.0.5/24",), ["PROXIES"]),
        (("PROXIES=10.0.0.0/7",), ["PROXIES"]),
        (("IDENTITY_HEADER=X-Forwarded-For", *HEADER[1:], *OWN), ["IDENTITY_HEADER"]),
        (("IDENTITY_HEADER=cookie", *HEADER[1:], *OWN), ["IDENTITY_HEADER"]),
        (("IDENTITY_HEADER=X Forwarded", *HEADER[1:], *OWN), ["IDENTITY_HEADER"]),
        (("OIDC_ISSUER=http://id.example/", *OIDC[1:], *OWN), ["OIDC_ISSUER"]),
        (("OIDC_ISSUER=id.example", *OIDC[1:], *OWN), ["OIDC_ISSUER"]),
        (("OIDC_ISSUER=https://id.example/?x=1", *OIDC[1:], *OWN), ["OIDC_ISSUER"]),
        (("OIDC_ISSUER=https://a@id.example/", *OIDC[1:], *OWN), ["OIDC_ISSUER"]),
        (("FRESH_SIGN_IN=0",), ["FRESH_SIGN_IN"]),
        (("FRESH_SIGN_IN=721",), ["FRESH_SIGN_IN"]),
    ],
)
def test_what_lets_anybody_in_is_refused_where_it_stands(
    tmp_path: Path, lines: tuple[str, ...], at_fault: list[str]
) -> None:
    assert sorted(faults(tmp_path, *lines)) == sorted(at_fault)


def test_the_secret_of_the_client_is_known_to_the_redactor(tmp_path: Path) -> None:
    assert "s3cret" in load(tmp_path, *OIDC, *OWN).secrets()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://bot.example", "https://bot.example"),
        ("https://Bot.Example:443/", "https://bot.example"),
        ("https://bot.example:8443/", "https://bot.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(tmp_path: Path, url: str, origin: str) -> None:
    assert load(tmp_path, f"PUBLIC_URL={url}").public_origin == origin
