"""What an issuer demands of a sign-out that a client begins (RP-Initiated Logout 1.0)."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from bot.values import Json

Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinted:
    """Whom a sign-out is about: `sub` "" = it does not say, so the issuer asks the person."""

    sub: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What the issuer knows: itself, its client with its return address, and keys it ever had."""

    issuer: str
    client: str
    signed_out: str
    keys: tuple[Public, ...]

    def asked(self, parameters: Mapping[str, str], count: int) -> Hinted | str:
        """Return whom a sign-out is about, or what is wrong with it.

        An expired token is as good a hint as any: it says who signed in, and proves nothing more.
        """
        if len(parameters) != count:
            return "a parameter comes twice"
        if parameters.get("client_id", self.client) != self.client:
            return "another client_id"
        if parameters.get("post_logout_redirect_uri", self.signed_out) != self.signed_out:
            return "post_logout_redirect_uri is not registered"
        if len(parameters.get("state", "")) < 43:
            return "state can be guessed"
        if "id_token_hint" not in parameters:
            return Hinted(sub="")
        return self._of(parameters["id_token_hint"])

    def _of(self, token: str) -> Hinted | str:
        words, _, signature = token.rpartition(".")
        if not any(_holds(key, words.encode(), signature) for key in self.keys):
            return "id_token_hint was not signed here"
        claims: dict[str, Json] = json.loads(_decoded(words.partition(".")[2]))
        if (claims["iss"], claims["aud"]) != (self.issuer, self.client):
            return "id_token_hint is of somebody else"
        return Hinted(sub=str(claims["sub"]))


def parameters_of(pairs: Iterable[tuple[str, object]]) -> tuple[dict[str, str], int]:
    """Return parameters by name, and how many there were."""
    listed = [(name, str(value)) for name, value in pairs]
    return dict(listed), len(listed)


def _holds(key: Public, words: bytes, signature: str) -> bool:
    raw = _decoded(signature)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(raw, words, padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
            key.verify(encode_dss_signature(r, s), words, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
