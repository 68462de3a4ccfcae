"""A company's OpenID provider: discovery, keys, authorize, token with PKCE, and userinfo.

It checks what a real one checks, signs with RS256, and counts what is asked of it. It can also make
the tokens that a real one never would.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standins import WebStandIn, serve_until_stopped

CLIENT_ID = "doe-het-gewoon-app"
CLIENT_SECRET = "only-for-the-stand-in"


class OidcStandIn(WebStandIn):
    """A context manager. `asked` counts calls by path; `issued` keeps every ID token of /token.

    `signs_in` is the claims of whoever comes to /authorize next; `userinfo` replaces what
    /userinfo says of them, `wrong` the claims of the next ID tokens, and `away` makes all answer
    503.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.asked: Counter[str] = Counter()
        self.issued: list[str] = []
        self.signs_in: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.wrong: dict[str, Any] = {}
        self.away = False
        self.said_issuer = ""
        self._port = port
        self._codes: dict[str, dict[str, Any]] = {}
        self._access: dict[str, dict[str, Any]] = {}
        self.rotate()

    @property
    def issuer(self) -> str:
        """What OIDC_ISSUER has to be."""
        return f"http://127.0.0.1:{self._port}"

    def rotate(self) -> None:
        """Sign with a new key from now on, and publish only that."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._kid = secrets.token_hex(8)

    def id_token(self, person: dict[str, Any], *, kid: str | None = "", **claims: Any) -> str:
        """A signed ID token; a claim that is None is left out, and so is a `kid` of None."""
        headers = {} if kid is None else {"kid": kid or self._kid}
        return jwt.encode(self.claims(person, **claims), self._key, "RS256", headers=headers)

    def claims(self, person: dict[str, Any], **claims: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "jti": secrets.token_hex(8),
        }
        every = {**usual, **person, **claims}
        return {name: value for name, value in every.items() if value is not None}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self._key, "RS256", headers={"kid": self._kid, **header})

    def unsigned(self, person: dict[str, Any]) -> str:
        """A token with `alg: none`."""
        return jwt.encode(self.claims(person), "", "none", headers={"kid": self._kid})

    def signed_with_public_key(self, person: dict[str, Any]) -> str:
        """HS256 with what everyone can read as the secret: the oldest trick.

        Put together by hand, since PyJWT does not lend itself to it.
        """
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = {"alg": "HS256", "typ": "JWT", "kid": self._kid}
        parts = [_encoded(json.dumps(part).encode()) for part in (header, self.claims(person))]
        signature = hmac.digest(public, ".".join(parts).encode(), "sha256")
        return ".".join([*parts, _encoded(signature)])

    def signed_by_another(self, person: dict[str, Any]) -> str:
        """A key of somebody else's under the id of ours."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return jwt.encode(self.claims(person), key, "RS256", headers={"kid": self._kid})

    def _jwk(self) -> dict[str, Any]:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**jwk, "kid": self._kid, "use": "sig", "alg": "RS256"}

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._count])
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked[request.path] += 1
        if self.away:
            return web.Response(status=503, text="down for maintenance")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _discovery(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.said_issuer or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [self._jwk()]})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        good = (
            asked.get("client_id") == CLIENT_ID
            and asked.get("response_type") == "code"
            and "openid" in asked.get("scope", "").split()
            and asked.get("code_challenge_method") == "S256"
            and "redirect_uri" in asked
        )
        if not good:
            return web.Response(status=400, text="this is no authorization request")
        code = secrets.token_urlsafe(16)
        self._codes[code] = {
            "person": self.signs_in,
            "redirect_uri": asked["redirect_uri"],
            "challenge": asked["code_challenge"],
        }
        back = urlencode({"code": code, "state": asked.get("state", "")})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        code = self._codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        good = (
            code is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("client_id") == CLIENT_ID
            and form.get("client_secret") == CLIENT_SECRET
            and form.get("redirect_uri") == code["redirect_uri"]
            and _encoded(digest) == code["challenge"]
        )
        if code is None or not good:
            return web.json_response({"error": "invalid_grant"}, status=400)
        access = secrets.token_urlsafe(16)
        self._access[access] = code["person"]
        self.issued.append(self.id_token(code["person"], **self.wrong))
        return web.json_response(
            {"access_token": access, "token_type": "Bearer", "id_token": self.issued[-1]}
        )

    async def _userinfo(self, request: web.Request) -> web.Response:
        access = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if access not in self._access:
            return web.json_response({"error": "invalid_token"}, status=401)
        person = self._access[access] if self.userinfo is None else self.userinfo
        return web.json_response(person)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    serve_until_stopped(OidcStandIn(port=parser.parse_args().port), "issuer")


if __name__ == "__main__":
    main()
