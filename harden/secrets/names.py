"""Says by the name of a variable, key or option whether its value should be a secret.

The word lists are measured: tests/test_secrets_detector.py prints what they find in a labelled list.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache


class Hint(IntEnum):
    """What a name says of its value."""

    NONE = 0
    VAGUE = 1  # one word that may mean anything (KEY, TOKENS): worth a note
    KEY = 2  # a kind of key, a DSN, a webhook
    WORD = 3  # TOKEN, SECRET and alike
    STRONG = 4  # a password


#: A first word that makes a switch or a number of whatever follows.
_SWITCH_WORDS = "ALLOW ENABLE DISABLE USE REQUIRE SKIP IS HAS NO MAX MIN NUM WITH SHOULD CHECK"
#: A last word that speaks of a secret, and is none.
_METADATA_WORDS = """
ALGO ALGORITHM ATTEMPTS AUDIENCE BACKEND BITS CHANGE CLASS COMPLEXITY COST COUNT DAYS DIR DIRECTORY DOMAIN DURATION
ENABLED ENCRYPTION ENDPOINT ENGINE EXPIRATION EXPIRES EXPIRY FIELD FILE FILENAME FOLDER FORMAT HEADER HOST HOURS
HTTPONLY ID IDS INTERVAL ISSUER KIND LENGTH LIFETIME LIMIT LOCATION MAX METHOD MIN MINUTES MODE MOUNT NAME NAMESPACE
OPTIONS PATH POLICY PORT PREFIX PROVIDER RATE REF REGEX REGION REQUIRED RESET RETRIES ROTATION ROUNDS SAMESITE SCOPE
SECONDS SECURE SERVICE SIZE SOURCE STORE STRATEGY SUFFIX TIMEOUT TTL TYPE URI URL USER USERNAME VALIDITY VERSION
"""
_STRONG_WORDS = "PASS PWD PASSWORDS PW PASSCODE REQUIREPASS MASTERAUTH"
_TELLING_WORDS = """
APIKEY APITOKEN AUTHORIZATION COOKIE CREDENTIAL CREDENTIALS CREDS PEPPER PRIVATEKEY SALT SECRET SECRETKEY SECRETS
SETCOOKIE TOKEN
"""
#: What a KEY is that is worth hiding.
_KEY_WORDS = """
ACCESS ACCOUNT ADMIN AES API APP AUTH CIPHER CLIENT COOKIE CRYPT CRYPTO DEPLOY ENCRYPT ENCRYPTION FERNET HASH HMAC
INGEST INSTALL INTEGRATION JWT LICENCE LICENSE MASTER PRIVATE ROLE ROUTING RSA SECRET SECURITY SERVER SERVICE SESSION
SHARED SIGNATURE SIGNING SSH STORAGE SUBSCRIPTION UNSEAL WRITE
"""
_TRAILING_WORDS = "VALUE B64 BASE64 PLAIN TEXT RAW DEFAULT CURRENT PREVIOUS OLD NEW V"

_SWITCHES = frozenset(_SWITCH_WORDS.split())
_METADATA = frozenset(_METADATA_WORDS.split())
_STRONG = frozenset(_STRONG_WORDS.split())
_STRONG_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "PASSWORT", "DBPASS")
_SECRETS = frozenset(_TELLING_WORDS.split())
_SECRET_ENDINGS = ("SECRET", "TOKEN", "APIKEY", "SECRETKEY", "PRIVATEKEY", "ACCESSKEY", "ENCRYPTIONKEY")
_KEYS_OF = frozenset(_KEY_WORDS.split())
_TRAILING = frozenset(_TRAILING_WORDS.split())
_NEVER = re.compile(
    r"(?:(?:OLD)?PWD|ETCD_INITIAL_CLUSTER_TOKEN|SENTINEL_ID_\d+|.*_?PUBLIC_?KEY|TOKENIZERS_PARALLELISM"
    # Those with which images are pulled are named, never written down (core/v1, imagePullSecrets).
    r"|KAFKA_.*SSL_.*_CREDENTIALS|(?:.*[^A-Za-z0-9])?(?:image[-_.]?)?pull[-_.]?secrets?)\Z",
    re.IGNORECASE,
)
_ENDS = {
    ("SECRET", "KEY", "BASE"): Hint.WORD,
    ("ROOT", "TOKEN", "ID"): Hint.WORD,
    ("PASSWORD", "HASH"): Hint.STRONG,
    ("WEBHOOK", "URL"): Hint.KEY,
}
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in upper case, without trailing numbers and words that say nothing."""
    found = [word.upper().rstrip("0123456789") for word in _SPLIT.split(name) if word]
    found = [word for word in found if word]
    while len(found) > 1 and found[-1] in _TRAILING:
        found.pop()
    return tuple(found)


@lru_cache(maxsize=4096)
def hint(name: str) -> Hint:
    """Return what a name says of its value."""
    said = words(name)
    if not said or said[0] in _SWITCHES or _NEVER.match(name) is not None:
        return Hint.NONE
    ends = next((found for end, found in _ENDS.items() if said[-len(end) :] == end), None)
    return _by_last(said) if ends is None else ends


def _by_last(said: tuple[str, ...]) -> Hint:
    last = said[-1]
    if last in _STRONG or last.endswith(_STRONG_ENDINGS):
        return Hint.STRONG
    if last in _METADATA:
        return Hint.NONE
    if last in _SECRETS or last.endswith(_SECRET_ENDINGS):
        return Hint.VAGUE if said == ("COOKIE",) else Hint.WORD
    if last in {"KEY", "KEYS", "DSN", "AUTH"}:
        return _of_key(said)
    return Hint.VAGUE if len(said) == 2 and said[0] == "SECRET" else Hint.NONE


def _of_key(said: tuple[str, ...]) -> Hint:
    last, of = said[-1], said[-2] if len(said) > 1 else ""
    if last == "DSN":
        return Hint.KEY
    if last == "AUTH":
        return Hint.KEY if len(said) <= 2 else Hint.NONE
    return Hint.KEY if of in _KEYS_OF or of.endswith(("CRYPT", "SECRET")) else Hint.VAGUE
