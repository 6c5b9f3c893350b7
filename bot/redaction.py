"""Takes secrets out of text: values that the bot holds, known token forms, and key words."""

import base64
import codecs
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

SHORTEST_KNOWN = 6
"""Characters of the shortest known value: a shorter one is part of too many words."""

WINDOW = 16 * 1024
"""Characters that a stream holds back: the longest secret that is found across its chunks."""


class Redactor:
    """Replaces secrets by `[redacted: kind]`. `known` are the values that the bot itself holds.

    Known values are also found in base64 (at any offset), URL, JSON and hexadecimal form, and by
    the single lines of a value that has several.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms = {form for value in known for form in forms_of(value)}
        self._known = tuple(sorted(forms, key=len, reverse=True))

    def redact(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        return _replaced(text, self._spans(text))

    def stream(self) -> "RedactingStream":
        """Return a redactor for one stream of bytes."""
        return RedactingStream(self)

    def spans(self, text: str) -> "list[Span]":
        """Return where the secrets of `text` are, in order, without overlap."""
        return self._spans(text)

    def _spans(self, text: str) -> "list[Span]":
        found = [*self._known_spans(text), *_token_spans(text), *_key_word_spans(text)]
        return _without_overlap(found)

    def _known_spans(self, text: str) -> "Iterator[Span]":
        for form in self._known:
            at = text.find(form)
            while at >= 0:
                end = at + len(form)
                yield Span(start=at, end=end, context=at, kind="known secret")
                at = text.find(form, end)


class RedactingStream:
    """Redacts a stream chunk by chunk; secrets across chunk borders are found.

    Bytes that are no UTF-8 pass unchanged.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return those that are surely clean by now."""
        self._held += self._decoder.decode(chunk)
        if len(self._held) < 2 * WINDOW:
            return b""
        spans = self._redactor.spans(self._held)
        cut = _cut(spans, len(self._held) - WINDOW)
        clean = _replaced(self._held[:cut], [span for span in spans if span.end <= cut])
        self._held = self._held[cut:]
        return clean.encode("utf-8", "surrogateescape")

    def finish(self) -> bytes:
        """Return what was held back; the stream has ended."""
        rest, self._held = self._held + self._decoder.decode(b"", final=True), ""
        return self._redactor.redact(rest).encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A secret at [start, end); `context` is where the words that gave it away begin."""

    start: int
    end: int
    context: int
    kind: str


def forms_of(value: str) -> frozenset[str]:
    """Return every form in which a value is recognised: plain, base64, URL, JSON, hexadecimal."""
    return frozenset(form for form in _forms(value) if len(form) >= SHORTEST_KNOWN)


# --- known values ----------------------------------------------------------------------------


def _forms(value: str) -> Iterator[str]:
    yield from _encoded(value)
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        for line in lines:
            # A line such as `-----BEGIN ...` says nothing; the key's own lines are long.
            if len(line) >= _SECRET_LINE and not line.startswith("-----"):
                yield from _encoded(line)


_SECRET_LINE = 16


def _encoded(value: str) -> Iterator[str]:
    if len(value) < SHORTEST_KNOWN:
        return
    raw = value.encode("utf-8", "surrogateescape")
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield _PERCENT.sub(lambda found: found[0].lower(), quoted)
    yield raw.hex()
    yield raw.hex().upper()
    for offset in range(3):
        text = _base64_at(raw, offset)
        yield text
        yield text.replace("+", "-").replace("/", "_")


_PERCENT = re.compile("%[0-9A-F]{2}")


def _base64_at(raw: bytes, offset: int) -> str:
    """Return the base64 characters that depend on `raw` alone, `offset` bytes after a start."""
    whole = base64.b64encode(b"\0" * offset + raw).decode()
    first = (offset * 8 + 5) // 6
    last = (offset + len(raw)) * 8 // 6
    return whole[first:last]


# --- tokens with a form of their own ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    """A token form; one of `hints` is in every text that has one (a quick look before the search).

    The secret is the group `secret`, or the whole match.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: "re.Pattern[str]"


def _token(kind: str, pattern: str, *hints: str) -> _Token:
    return _Token(kind, hints, re.compile(pattern))


_START = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"

_TOKENS = (
    _token(
        "private key",
        # An unfinished block counts as far as it goes: its end may have been cut off.
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>[A-Za-z0-9+/=:,.\s\\-]*?"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?=[^A-Za-z0-9+/=:,.\s\\-])|\Z))",
        "PRIVATE KEY",
    ),
    _token(
        "AWS key id",
        _START + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + _END,
        *("AKIA", "ASIA", "ABIA", "ACCA"),
    ),
    _token(
        "GitHub token",
        r"gh[pousr]_[A-Za-z0-9]{36,255}",
        *("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    ),
    _token("GitHub token", r"github_pat_[A-Za-z0-9_]{22,255}", "github_pat_"),
    _token("GitLab token", r"gl(?:pat|dt|rt|ptt|ft|soat)-[A-Za-z0-9_-]{20,300}", "gl"),
    _token("Slack token", r"xox[abceoprs]-[A-Za-z0-9-]{10,300}", "xox"),
    _token("Slack token", r"xoxe\.xox[bp]-[A-Za-z0-9-]{10,300}", "xoxe."),
    _token("Slack token", r"xapp-\d-[A-Za-z0-9-]{10,300}", "xapp-"),
    _token(
        "Slack webhook",
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
        r"(?P<secret>[A-Za-z0-9/_-]{20,200})",
        "hooks.slack",
    ),
    _token(
        "Discord webhook",
        r"/api/webhooks/\d{15,22}/(?P<secret>[A-Za-z0-9_-]{60,80})",
        "/webhooks/",
    ),
    _token("Telegram token", r"(?<![0-9])\d{8,12}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", ":"),
    _token("Google key", r"AIza[0-9A-Za-z_-]{35}", "AIza"),
    _token("Google token", r"ya29\.[0-9A-Za-z_-]{20,500}", "ya29."),
    _token("Google secret", r"GOCSPX-[0-9A-Za-z_-]{28}", "GOCSPX-"),
    _token("Stripe key", r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,250}", "_live_", "_test_"),
    _token("webhook secret", r"whsec_[0-9A-Za-z+/=]{20,250}", "whsec_"),
    _token("Twilio key", _START + r"SK[0-9a-f]{32}" + _END, "SK"),
    _token("SendGrid key", r"SG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{32,64}", "SG."),
    _token("Mailgun key", _START + r"key-[0-9a-f]{32}" + _END, "key-"),
    _token("npm token", r"npm_[A-Za-z0-9]{36}", "npm_"),
    _token("PyPI token", r"pypi-[A-Za-z0-9_-]{50,1000}", "pypi-"),
    _token("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", "_v1_"),
    _token(
        "Azure key",
        r"(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,90}={0,2})",
        "Key=",
    ),
    _token("Azure signature", r"[?&]sig=(?P<secret>[A-Za-z0-9%]{40,100})", "sig="),
    _token("Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}", *("hvs.", "hvb.", "hvr.")),
    _token("Grafana token", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,400}", "glsa_", "glc_"),
    _token("API key", r"sk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{20,250}", "sk-"),
    _token("Hugging Face token", r"hf_[A-Za-z0-9]{30,60}", "hf_"),
    _token("Docker token", r"dckr_[po]at_[A-Za-z0-9_-]{27,40}", "dckr_"),
    _token("Databricks token", _START + r"dapi[0-9a-f]{32}", "dapi"),
    _token("Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", "shp"),
    _token("Atlassian token", r"ATATT3[A-Za-z0-9_=-]{60,400}", "ATATT3"),
    _token("Linear key", r"lin_api_[A-Za-z0-9]{32,64}", "lin_api_"),
    _token("New Relic key", r"NR(?:AK|JS|II)-[A-Za-z0-9]{19,40}", "NR"),
    _token("Square token", r"sq0(?:atp|csp)-[0-9A-Za-z_-]{22,60}", "sq0"),
    _token("age key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "AGE-SECRET-KEY-"),
    _token(
        "JSON web token",
        r"eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}",
        "eyJ",
    ),
    _token("password hash", r"\$(?:1|5|6|y|7|2[abxy]|argon2id?)\$[./A-Za-z0-9$=,+-]{20,200}", "$"),
    _token(
        "URL password",
        r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{0,80}:(?P<secret>[^\s@/'\"]{3,200})@",
        "://",
    ),
    _token(
        "authorization",
        r"(?i:authorization['\"]?\s{0,3}[:=]\s{0,3}['\"]?(?:basic|bearer|token|digest)\s{1,3})"
        r"(?P<secret>[^\s'\"]{8,4000})",
        *("uthorization", "UTHORIZATION"),
    ),
    _token(
        "bearer token",
        r"(?i:\bbearer)\s{1,3}(?P<secret>[A-Za-z0-9._~+/-]{20,4000}=*)",
        *("earer", "EARER"),
    ),
)


_HINTED = tuple((hint, token) for token in _TOKENS for hint in token.hints)
"""Every form of token beside each of its hints: most texts hold none of them."""


def _token_spans(text: str) -> Iterator[Span]:
    for token in dict.fromkeys([token for hint, token in _HINTED if hint in text]):
        group = "secret" if "secret" in token.pattern.groupindex else 0
        for found in token.pattern.finditer(text):
            if found[group].startswith(_MARKER):
                continue
            start, end = found.span(group)
            yield Span(start=start, end=end, context=found.start(), kind=token.kind)


# --- values beside a key word ----------------------------------------------------------------

_WORD = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|signing[_-]?key|encryption[_-]?key|credentials?|auth[_-]?key)"
    r"(?:[_-]?(?:key|token|value|id|base64))?"
)

_VALUE = r"""(?P<secret>(?:[^\s'"`,;&<>(){}|\[\]]|&(?!\w{1,40}=)){8,500})"""

_KEY_WORDS = (
    re.compile(rf"(?i:{_WORD})['\"]?\s{{0,3}}(?::=|=>|[:=])\s{{0,3}}['\"]?{_VALUE}"),
    # An option of a command line: there a blank is enough.
    re.compile(rf"--[a-z-]{{0,30}}(?i:{_WORD})\s['\"]?{_VALUE}"),
)

_PLAIN_WORD = re.compile(r"[A-Za-z]+(?:[-_./:][A-Za-z]+)*[.:!?]*")
_PLACEHOLDER = re.compile(r"[$%/.~*-]|https?:|x{4}|\*{3}", re.IGNORECASE)
_DATE_OR_NUMBER = re.compile(r"[-+0-9.:/TZx]+")

_ENTROPY_LONG = 3.0
"""Bits a character from 16 characters on: hexadecimal of 16 random bytes has about 3.6."""

_ENTROPY_SHORT = 2.5
"""Bits a character of 8 to 15: `Tr0ub4dor&3` has 3.3, `aaaa1111` has 1."""

_LONG = 16


def _key_word_spans(text: str) -> Iterator[Span]:
    for pattern in _KEY_WORDS:
        for found in pattern.finditer(text):
            if _looks_secret(found["secret"]):
                start, end = found.span("secret")
                yield Span(start=start, end=end, context=found.start(), kind="secret")


def _looks_secret(value: str) -> bool:
    if _PLAIN_WORD.fullmatch(value) or _PLACEHOLDER.match(value):
        return False
    if _DATE_OR_NUMBER.fullmatch(value) and len(value) < 2 * _LONG:
        return False
    kinds = sum(
        bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")
    )
    enough = _ENTROPY_LONG if len(value) >= _LONG else _ENTROPY_SHORT
    return kinds > 1 and _entropy(value) >= enough


def _entropy(value: str) -> float:
    """Return Shannon's entropy of the characters, in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


# --- replacing -------------------------------------------------------------------------------

_MARKER = "[redacted"


def _without_overlap(found: list[Span]) -> list[Span]:
    """Merge spans that overlap; the one that begins first names the kind."""
    merged: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        last = merged[-1] if merged else None
        if last is None or span.start >= last.end:
            merged.append(span)
        elif span.end > last.end:
            context = min(last.context, span.context)
            merged[-1] = Span(start=last.start, end=span.end, context=context, kind=last.kind)
    return merged


def _replaced(text: str, spans: list[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += (text[at : span.start], f"{_MARKER}: {span.kind}]")
        at = span.end
    pieces.append(text[at:])
    return "".join(pieces)


def _cut(spans: list[Span], wanted: int) -> int:
    """Return where a stream may be cut: not within a secret or the words that give it away."""
    cut = wanted
    for span in reversed(spans):
        if span.context < cut < span.end:
            # One longer than the window goes out as a whole, as far as it is known.
            cut = span.context if span.context > 0 else span.end
    return cut
