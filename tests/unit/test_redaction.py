"""Secrets are found in every form and across every border; clean logs stay as they are."""

import base64
import random
import string
from urllib.parse import quote_plus

import pytest

from bot.redaction import Redactor

KNOWN = 'k7 "Zq/9+x=Pä_vault-value'
LETTERS = string.ascii_letters + string.digits


def _letters(chance: random.Random, size: int, alphabet: str = LETTERS) -> str:
    return "".join(chance.choice(alphabet) for _ in range(size))


def planted(chance: random.Random) -> list[tuple[str, str]]:
    """Return one (line, secret) per token form; every secret is made up."""

    def some(size: int, alphabet: str = LETTERS) -> str:
        return _letters(chance, size, alphabet)

    upper = string.ascii_uppercase
    hexadecimal = "0123456789abcdef"
    secrets = {
        "aws_access_key_id = {}": "AKIA" + some(16, upper + "234567"),
        "using {} for push": "ghp_" + some(36),
        "remote: {}": "github_pat_" + some(82),
        "CI_JOB_TOKEN {}": "glpat-" + some(20),
        "slack said {} is revoked": "xoxb-" + some(12, string.digits) + "-" + some(24),
        "socket {}": "xapp-1-A" + some(10, upper) + "-" + some(13, string.digits) + "-" + some(40),
        "POST https://hooks.slack.com/services/{}": f"T{some(8)}/B{some(8)}/{some(24)}",
        "POST https://discord.com/api/webhooks/123456789012345678/{}": some(68),
        "https://api.telegram.org/bot{}/getMe": some(10, string.digits) + ":AA" + some(33),
        "maps key {}": "AIza" + some(35),
        "oauth {}": "ya29." + some(60),
        "client {}": "GOCSPX-" + some(28),
        "charge with {}": "sk_live_" + some(24),
        "hook {}": "whsec_" + some(32),
        "twilio {}": "SK" + some(32, hexadecimal),
        "mail {}": f"SG.{some(22)}.{some(43)}",
        "mailgun {}": "key-" + some(32, hexadecimal),
        "//registry.npmjs.org/:_authToken={}": "npm_" + some(36),
        "twine {}": "pypi-" + some(80),
        "doctl {}": "dop_v1_" + some(64, hexadecimal),
        "DefaultEndpointsProtocol=https;AccountKey={};": some(86) + "==",
        "vault login {}": "hvs." + some(24),
        "grafana {}": f"glsa_{some(32)}_{some(8, hexadecimal)}",
        "model key {}": "sk-proj-" + some(48),
        "hub {}": "hf_" + some(34),
        "docker login -p {}": "dckr_pat_" + some(27),
        "databricks {}": "dapi" + some(32, hexadecimal),
        "shop {}": "shpat_" + some(32, hexadecimal),
        "linear {}": "lin_api_" + some(40),
        "jwt {}": f"eyJ{some(20)}.eyJ{some(60)}.{some(43)}",
        "root:{}:19000:0:99999": f"$6${some(16)}${some(86)}",
        "postgres://checkout:{}@db-1:5432/orders": some(20),
        "Authorization: Basic {}": some(28),
        'curl -H "authorization: bearer {}"': some(40),
        "mysql --password {} orders": some(12) + "7q",
        'DB_PASSWORD="{}"': some(14) + "9z",
        "client_secret: {}": some(32, hexadecimal),
        "api-key={}&page=2": some(24, hexadecimal),
    }
    return [(line.format(secret), secret) for line, secret in secrets.items()]


CLEAN = """\
Nov 21 03:00:00 web-1 checkout[812]: INFO request 000123 served in 12 ms, status 200, cart kept
Nov 21 03:00:01 web-1 sshd[991]: Accepted publickey for change from 10.0.0.7 port 50112 ssh2
ED25519 SHA256:3foF5V0Px4C7yCw6l2I8sS3DrRTR+3JRWTEWMs+ciuI
Nov 21 03:00:02 web-1 systemd[1]: Started session-42.scope - Session 42 of User change.
ERROR token expired for session, asking for a new one
WARN password authentication failed for user "checkout"
INFO secret store reachable, 14 secrets loaded in 30ms
INFO credentials: refreshed, next refresh at 2026-11-21T04:00:00Z
DEBUG api_key header missing, answered 401
Filesystem     1024-blocks  Used Available Capacity Mounted on
/dev/vdb1            65536 60552      4984      93% /scratch
Archived and active journals take up 28.2M in the file system.
commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
checkout-7d4b9c6f5d-x2x9k   1/1     Running   0          3d
FATAL: remaining connection slots are reserved for non-replication superuser connections
GET https://shop.example.com/cart?token_type=session&page=2 200 0.012
java.lang.OutOfMemoryError: Java heap space at com.example.cart.Basket.add(Basket.java:117)
Password: please enter your new password twice
secret: ${CHECKOUT_SECRET}  token: $TOKEN  password: ********
tokens per second: 1500  token limit=4096  token budget: 200000
uuid 6ea69f4c-9e61-4810-be82-4624d05e3196 trace 4bf92f3577b34da6a3ce929d0e0e4736
"""


@pytest.mark.parametrize(
    "form",
    [
        KNOWN,
        quote_plus(KNOWN.encode()),
        KNOWN.encode().hex(),
        KNOWN.encode().hex().upper(),
        KNOWN.replace('"', '\\"'),
        base64.b64encode(KNOWN.encode()).decode().rstrip("="),
    ],
)
def test_a_known_value_is_found_in_every_form(form: str) -> None:
    assert Redactor([KNOWN]).redact(f"<{form}>") in {
        "<[redacted: known secret]>",
        # The last character of a base64 text also holds bits of what follows.
        f"<[redacted: known secret]{form[-1]}>",
    }


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
def test_a_known_value_is_found_in_base64_at_any_offset(before: str) -> None:
    text = base64.b64encode(f"{before}{KNOWN} and more".encode()).decode()

    shown = Redactor([KNOWN]).redact(text)

    assert "[redacted: known secret]" in shown
    assert len(shown) < len(text) - len(KNOWN) + 30


def test_the_lines_of_a_known_key_are_secrets_too() -> None:
    key = "-----BEGIN KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END KEY-----\n"

    assert Redactor([key]).redact("  MIGHAgEAMBMGByqGSM49!") == "  [redacted: known secret]!"


def test_a_value_too_short_to_tell_from_words_is_not_taken() -> None:
    assert Redactor(["the"]).redact("the cat") == "the cat"


def test_every_planted_token_is_found_wherever_the_stream_is_split() -> None:
    chance = random.Random(11)
    for line, secret in planted(chance):
        raw = f"before\n{line}\nafter\n".encode()
        for at in range(len(raw) + 1):
            stream = Redactor().stream()
            clean = stream.feed(raw[:at]) + stream.feed(raw[at:]) + stream.finish()
            assert secret.encode() not in clean, line


def test_a_thousand_planted_secrets_are_all_found() -> None:
    chance = random.Random(13)
    lines = [each for _ in range(28) for each in planted(chance)]

    missed = [line for line, secret in lines if secret in Redactor().redact(line)]

    assert len(lines) > 1000
    assert missed == []


def test_every_known_value_is_found_at_every_border_of_a_long_stream() -> None:
    redactor = Redactor([KNOWN])
    filler = "INFO nothing to see here, carry on\n" * 2000
    secret = KNOWN.encode()
    for at in range(32 * 1024 - len(secret) - 5, 32 * 1024 + 5):
        raw = filler.encode()[:at] + secret + filler.encode()[:4096]
        stream = redactor.stream()
        pieces = [stream.feed(raw[n : n + 8192]) for n in range(0, len(raw), 8192)]
        clean = b"".join([*pieces, stream.finish()])
        assert clean == raw.replace(secret, b"[redacted: known secret]")


def test_a_private_key_is_taken_out_as_a_whole() -> None:
    first, last = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
    body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMw\n" * 60

    shown = Redactor().redact(f"key:\n{first}\n{body}{last}\nend")

    assert shown == f"key:\n{first}[redacted: private key]\nend"


def test_a_private_key_whose_end_was_cut_off_is_taken_out_too() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJ\nAAKCAQ"

    assert Redactor().redact(text) == "-----BEGIN RSA PRIVATE KEY-----[redacted: private key]"


def test_a_clean_log_stays_as_it_is() -> None:
    assert Redactor([KNOWN]).redact(CLEAN) == CLEAN


def test_a_clean_log_passes_a_stream_byte_for_byte() -> None:
    raw = (CLEAN * 30).encode() + b"\xff\xfe not UTF-8 \xc3"
    stream = Redactor([KNOWN]).stream()

    clean = b"".join([*(stream.feed(raw[n : n + 1000]) for n in range(0, len(raw), 1000))])

    assert clean + stream.finish() == raw


def test_redacting_twice_changes_nothing_more() -> None:
    redactor = Redactor([KNOWN])
    once = redactor.redact("\n".join(line for line, _ in planted(random.Random(17))) + KNOWN)

    assert redactor.redact(once) == once


def test_the_kind_of_the_secret_is_said() -> None:
    token = "ghp_" + "a1B2" * 9

    assert Redactor().redact(f"push with {token} failed") == (
        "push with [redacted: GitHub token] failed"
    )
