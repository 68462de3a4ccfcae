"""Data Integrity proofs with the cryptosuite eddsa-jcs-2022 (W3C, Data Integrity EdDSA v1.0).

The document and the options of the proof are each written in one canonical way (RFC 8785), hashed
with SHA-256, and the two hashes together are signed with Ed25519.
"""

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.utils.crypto import salted_hmac

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# What says of the bytes behind it that they are a public key of Ed25519 (multicodec).
_ED25519_PUBLIC = b"\xed\x01"

Document = dict[str, Any]


class BadKey(ValueError):
    """A sealed key that this install's SECRET_KEY does not open, or a public key that is none."""


def canonical(value: Any) -> bytes:
    """RFC 8785 for what our documents hold: texts, whole numbers, true, false, null."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def base58(data: bytes) -> str:
    """As Bitcoin writes bytes; multibase calls it `z`."""
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + digits


def from_base58(text: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + _ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public_multibase(key: Ed25519PrivateKey) -> str:
    """The public half as a Multikey: z6Mk..."""
    return "z" + base58(_ED25519_PUBLIC + key.public_key().public_bytes_raw())


def _public_key(multibase: str) -> Ed25519PublicKey:
    raw = from_base58(multibase.removeprefix("z"))
    if not multibase.startswith("z") or not raw.startswith(_ED25519_PUBLIC):
        raise BadKey("this is no public key of Ed25519")
    return Ed25519PublicKey.from_public_bytes(raw.removeprefix(_ED25519_PUBLIC))


def seal(key: Ed25519PrivateKey) -> str:
    """The private half as a database may keep it."""
    return _box().encrypt(key.private_bytes_raw()).decode()


def unseal(sealed: str) -> Ed25519PrivateKey:
    """Raises BadKey where SECRET_KEY is another one than it was sealed with."""
    try:
        return Ed25519PrivateKey.from_private_bytes(_box().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise BadKey("this key was sealed with another SECRET_KEY") from error


def _box() -> Fernet:
    secret = salted_hmac("ambassadors.issuer-key", "box", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def sign(document: Document, key: Ed25519PrivateKey, *, method: str, created: str) -> Document:
    """The document with its proof. `method` is the address of the public key, `created` a moment
    in RFC 3339.
    """
    proof = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    signature = key.sign(_hashes(document, proof))
    return {**document, "proof": {**proof, "proofValue": "z" + base58(signature)}}


def is_signed_by(document: Document, public: str) -> bool:
    """Whether the document is as it was when the key with this public half signed it."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    proof = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    signature = from_base58(document["proof"]["proofValue"].removeprefix("z"))
    try:
        _public_key(public).verify(signature, _hashes(bare, proof))
    except InvalidSignature:
        return False
    return True


def _hashes(document: Document, proof: Document) -> bytes:
    parts = (canonical(proof), canonical(document))
    return b"".join(hashlib.sha256(part).digest() for part in parts)
