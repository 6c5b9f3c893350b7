"""An OpenID Connect issuer on loopback: real keys, and strict about everything a client must do.

It signs with `cryptography` itself, so that what reads its tokens is not what wrote them. A test
makes it lie by changing `altered` (claims; None takes one away), `header`, `signs` or
`described` (what it says of itself).
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import quote_plus, unquote_plus, urlencode

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bot.ports import Clock
from bot.values import Json
from tests.support.sign_outs import Registered, parameters_of

CLIENT, SECRET = "firewarden", "s3cret of the client: %/+"

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Signs = Callable[[bytes], bytes]

_RSA: Final = rsa.generate_private_key(65537, 2048)
_FURTHER_RSA: Final = rsa.generate_private_key(65537, 2048)
_EC: Final = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    email: str
    auth_time: datetime
    nonce: str
    challenge: str


@dataclass(slots=True)
class Issuer:
    """The issuer. `asked` are the authorisation requests that it took, `faults` those it did not.

    `tells_auth_time` False = it does not say when somebody signed in. `signed_out` is the return
    address of a sign-out; "" = it has no such place. `left` are the people who signed out.
    """

    clock: Clock
    redirect: str = ""
    signed_out: str = ""
    base: str = ""
    key: Private = field(default_factory=lambda: _RSA)
    kid: str = "first"
    altered: dict[str, Json] = field(default_factory=dict)
    header: dict[str, Json] = field(default_factory=dict)
    described: dict[str, Json] = field(default_factory=dict)
    signs: Signs | None = None
    tells_auth_time: bool = True
    names_itself: bool = False
    up: bool = True
    asked_while_down: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    keys_fetched: int = 0
    codes: dict[str, _Code] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    sessions: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def rotate(self) -> None:
        """Sign with another key from now on; the one before counts no more."""
        self.key, self.kid = _FURTHER_RSA, "second"

    def use_ec(self) -> None:
        """Sign with an elliptic curve."""
        self.key, self.kid = _EC, "curve"

    def public_pem(self) -> bytes:
        """Return the public key as text, as confused programs take it for a shared secret."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def code_for(self, email: str, asked: dict[str, str]) -> str:
        """Sign somebody in at once and return the code for an authorisation request."""
        return self._new_code(email, self.clock.now(), asked)

    def token(self, code: _Code) -> str:
        """Return a signed token, with what a test altered."""
        now = self.clock.now().timestamp()
        claims: dict[str, Json] = {
            "iss": self.base,
            "sub": subject(code.email),
            "aud": CLIENT,
            "iat": int(now),
            "exp": int(now) + 300,
            "nonce": code.nonce,
            "email": code.email,
            "email_verified": True,
        }
        if self.tells_auth_time:
            claims["auth_time"] = int(code.auth_time.timestamp())
        claims = {k: v for k, v in {**claims, **self.altered}.items() if v is not None}
        curve = isinstance(self.key, ec.EllipticCurvePrivateKey)
        header: dict[str, Json] = {"alg": "ES256" if curve else "RS256", "kid": self.kid}
        return signed({**header, **self.header}, claims, self.signs or signing(self.key))

    def description(self) -> dict[str, Json]:
        """Return what `/.well-known/openid-configuration` says."""
        said: dict[str, Json] = {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "jwks_uri": f"{self.base}/keys",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "claims_supported": ["sub", "email", "email_verified", "auth_time"],
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        if self.signed_out:
            said["end_session_endpoint"] = f"{self.base}/logout"
        return {**said, **self.described}

    # --- what it serves ------------------------------------------------------------------------

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if not self.up:
            self.asked_while_down += 1
            return web.Response(status=503)
        match (request.method, request.path):
            case ("GET", "/.well-known/openid-configuration"):
                return web.json_response(self.description())
            case ("GET", "/favicon.ico"):
                return web.Response(status=204)
            case ("GET", "/keys"):
                self.keys_fetched += 1
                return web.json_response({"keys": [jwk(self.key, self.kid)]})
            case ("GET", "/authorize"):
                return self._authorize(request)
            case ("POST", "/token"):
                return await self._token(request)
            case _:
                return await self._of_a_person(request)

    async def _of_a_person(self, request: web.BaseRequest) -> web.StreamResponse:
        if (request.method, request.path) == ("POST", "/login"):
            return await self._login(request)
        if self.signed_out and request.path == "/logout":
            return await self._logout(request)
        return web.Response(status=404)

    def _authorize(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = dict(request.query)
        fault = self._fault_of(asked, len(request.query))
        if fault:
            self.faults.append(fault)
            return web.Response(status=400, text=fault)
        self.asked.append(asked)
        known = self.sessions.get(request.cookies.get("sso", ""))
        if known is None or asked.get("prompt") == "login" or self._too_old(known[1], asked):
            return self._form(asked)
        return self._sent_back(asked, *known)

    def _too_old(self, signed_in_at: datetime, asked: dict[str, str]) -> bool:
        return "max_age" in asked and (self.clock.now() - signed_in_at).total_seconds() > int(
            asked["max_age"]
        )

    def _fault_of(self, asked: dict[str, str], count: int) -> str:
        wanted = {"response_type": "code", "client_id": CLIENT, "redirect_uri": self.redirect}
        wanted["code_challenge_method"] = "S256"
        for name, value in wanted.items():
            if asked.get(name) != value:
                return f"{name} is {asked.get(name)!r}, not {value!r}"
        if len(asked) != count:
            return "a parameter comes twice"
        if "openid" not in asked.get("scope", "").split():
            return "scope lacks openid"
        short = {name for name in ("state", "nonce", "code_challenge") if len(asked[name]) < 43}
        return f"too short: {sorted(short)}" if short else ""

    def _form(self, asked: dict[str, str]) -> web.StreamResponse:
        words = escape(json.dumps(asked), quote=True)
        page = (
            "<!doctype html><title>Issuer</title><form method=post action=/login>"
            f'<input type=hidden name=asked value="{words}">'
            "<label>E-mail <input name=email></label><button>Prove it</button></form>"
        )
        return web.Response(text=page, content_type="text/html")

    async def _login(self, request: web.BaseRequest) -> web.StreamResponse:
        form = await request.post()
        asked = {str(k): str(v) for k, v in json.loads(str(form["asked"])).items()}
        email, now = str(form["email"]), self.clock.now()
        response = self._sent_back(asked, email, now)
        ident = secrets.token_urlsafe(16)
        self.sessions[ident] = (email, now)
        response.set_cookie("sso", ident, httponly=True, samesite="Lax")
        return response

    def _sent_back(
        self, asked: dict[str, str], email: str, signed_in_at: datetime
    ) -> web.StreamResponse:
        back = {"code": self._new_code(email, signed_in_at, asked), "state": asked["state"]}
        if self.names_itself:
            back["iss"] = self.base
        return web.Response(
            status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(back)}"}
        )

    def _new_code(self, email: str, signed_in_at: datetime, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = _Code(
            email=email,
            auth_time=signed_in_at,
            nonce=asked["nonce"],
            challenge=asked["code_challenge"],
        )
        return code

    async def _token(self, request: web.BaseRequest) -> web.StreamResponse:
        form = {str(name): str(value) for name, value in (await request.post()).items()}
        fault = self._fault_of_exchange(request.headers.get("Authorization", ""), form)
        if fault:
            self.faults.append(fault)
            return web.json_response({"error": fault}, status=400)
        self.spent.add(form["code"])
        token = self.token(self.codes[form["code"]])
        return web.json_response({"token_type": "Bearer", "access_token": "x", "id_token": token})

    def _fault_of_exchange(self, authorization: str, form: dict[str, str]) -> str:
        if not _is_client(authorization):
            return "invalid_client"
        code = self.codes.get(form.get("code", ""))
        if form.get("grant_type") != "authorization_code" or code is None:
            return "invalid_grant"
        if form["code"] in self.spent:
            return "code used twice"
        if form.get("redirect_uri") != self.redirect:
            return "another redirect_uri"
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        return "" if encoded(hashed) == code.challenge else "wrong code_verifier"

    async def _logout(self, request: web.BaseRequest) -> web.StreamResponse:
        form = await request.post()
        asked, count = parameters_of([*request.query.items(), *form.items()])
        keys = tuple(key.public_key() for key in (_RSA, _FURTHER_RSA, _EC))
        known = Registered(
            issuer=self.base, client=CLIENT, signed_out=self.signed_out, keys=keys
        ).asked(asked, count)
        if isinstance(known, str):
            self.faults.append(known)
            return web.Response(status=400, text=known)
        email, _ = self.sessions.get(request.cookies.get("sso", ""), ("", None))
        if not email or known.sub != subject(email):
            # Anybody can lead a browser here: only a hint of the person's own ends a session.
            return web.Response(text="Do you want to sign out?", content_type="text/html")
        del self.sessions[request.cookies["sso"]]
        self.left.append(email)
        back = f"{asked['post_logout_redirect_uri']}?{urlencode({'state': asked['state']})}"
        return web.Response(status=302, headers={"Location": back})


@asynccontextmanager
async def issuing(clock: Clock, name: str = "127.0.0.1") -> AsyncIterator[Issuer]:
    """Serve an issuer on a free port; `name` is what it calls this machine."""
    issuer = Issuer(clock)
    runner = web.ServerRunner(web.Server(issuer.serve))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.base = f"http://{name}:{runner.addresses[0][1]}"
    try:
        yield issuer
    finally:
        await runner.cleanup()


def subject(email: str) -> str:
    """Return what the issuer calls a person."""
    return hashlib.sha256(email.encode()).hexdigest()[:12]


def encoded(content: bytes) -> str:
    """Return base64 as tokens have it."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(header: dict[str, Json], claims: dict[str, Json], signs: Signs) -> str:
    """Return a token in its compact form."""
    parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
    words = ".".join(parts)
    return f"{words}.{encoded(signs(words.encode()))}"


def signing(key: Private) -> Signs:
    """Return what signs with a key."""

    def sign(words: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(words, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(key.sign(words, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def keyed_hash(secret: bytes) -> Signs:
    """Return what signs with a shared secret, as HS256 does."""
    return lambda words: hmac.digest(secret, words, "sha256")


def jwk(key: Private, kid: str) -> dict[str, Json]:
    """Return the public half as a JSON Web Key."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        n, e = (
            number.to_bytes((number.bit_length() + 7) // 8, "big")
            for number in (numbers.n, numbers.e)
        )
        return {"kty": "RSA", "use": "sig", "kid": kid, "n": encoded(n), "e": encoded(e)}
    point = key.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "kid": kid, "x": encoded(x), "y": encoded(y)}


def _is_client(authorization: str) -> bool:
    kind, _, words = authorization.partition(" ")
    name, _, secret = base64.b64decode(words).decode().partition(":")
    known = (quote_plus(CLIENT), SECRET)
    return kind == "Basic" and (name, unquote_plus(secret)) == known
