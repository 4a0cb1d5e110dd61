"""Says by the form of a text what it is: a secret whatever its name, a reference, a placeholder, or no secret."""

from __future__ import annotations

import re
from functools import lru_cache

#: What a secret part is written as where it comes from elsewhere.
_ELSEWHERE = re.compile(r"\$\(|\$\{|\$[A-Za-z_]|\{\{|%\(|<|\*\*\*|\A%[sdv]\Z|\A__.*__\Z|\A@@?.+@@?\Z")


class _Late:
    """A pattern of a class that is compiled when it is first asked for."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self._text, self._flags, self._name = text, flags, ""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, _instance: object, owner: type) -> re.Pattern[str]:
        made = re.compile(self._text, self._flags)
        setattr(owner, self._name, made)
        return made


class Forms:
    """The patterns, compiled when a first value is judged."""

    reference = _Late(
        r"(?:\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_]\w*|\{\{.*\}\}|<%.*%>|%\w+%|vault:.+|op://.+|awssm://.+|gsm:.+|ref\+.+"
        r"|secretref:.+|ENC\[.+\]|ENC\(.+\)|projects/[^/]+/secrets/.+|arn:aws[\w-]*:(?:secretsmanager|ssm):.+)\Z",
        re.DOTALL,
    )
    private_key = _Late(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
    # "-----BEGIN " at each of the three places of a base64 group, and "PRIVATE KEY" within a few words of it.
    private_key_base64 = _Late(r"(?:LS0tLS1CRUdJTi|0tLS0tQkVHSU4g|tLS0tLUJFR0lOI)")
    user_in_url = _Late(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@?#]*:(?P<part>[^@\s/]+)@")
    user_at = _Late(r"(?:\A|\s)[^:\s@/]+:(?P<part>[^@\s]+)@(?:tcp|unix)\(")
    pair = _Late(
        r"(?:\A|[;?&,\s])(?:password|passwd|pwd|accountkey|sharedaccesskey|sharedsecret|sig|api_?key|access_token)"
        r"\s*=\s*(?P<part>[^;&,\s\"']+)",
        re.IGNORECASE,
    )
    option = _Late(
        r"(?:\A|\s)(?:-setcookie\s+|-D[\w.-]*(?:password|passwd|secret|token|apikey)[\w.-]*=|--?[\w.-]*(?:password|passwd|"
        r"secret|token|api-?key|requirepass|masterauth)[=\s]\s*)[\"']?(?P<part>[^\s\"']+)",
        re.IGNORECASE,
    )
    provider = _Late(
        r"(?:\A|[\s=:\"'])(?P<part>(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
        r"|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|[sr]k_(?:live|test)_\w{10,}|whsec_\w{16,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}"
        r"|npm_[A-Za-z0-9]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|hvs\.[\w-]{16,}|hvb\.[\w-]{16,}|ya29\.[\w-]{16,}|dop_v1_[0-9a-f]{20,}"
        r"|sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}|pypi-[\w-]{20,}|dckr_pat_[\w-]{16,}|AGE-SECRET-KEY-1[0-9A-Z]{20,}"
        r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)"
    )
    hook = _Late(
        r"https://(?:hooks\.slack\.com/(?:services|workflows)/\w+/|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/"
        r"|[\w.-]+\.webhook\.office\.com/webhookb2/)(?P<part>\S+)"
    )
    placeholder = _Late(
        r"(?:<.*>|\[.*\]|x{3,}|\*{3,}|\.{3,}|-+|.*change[-_ ]?(?:me|this)\b.*|.*change[-_ ]?me[-_ \d!]*"
        r"|(?:my-)?your[-_ ].*|.*[-_ ]your[-_ ].*|your(?:password|secret|token|key)"
        r"|insert[-_ ].*|replace[-_ ].*|.*replace[-_ ]?(?:me|with|this|by).*|.*place[-_ ]?holder.*"
        r"|todo.*|fixme.*|tbd|redacted|\w+_VAL|ENV_\w+|put[-_ ].*[-_ ]here|.*[-_ ]goes[-_ ]here"
        r"|fill[-_ ](?:me|in).*|set[-_ ]me.*|__\w+__|@@?\w+@@?)\Z",
        re.IGNORECASE | re.DOTALL,
    )
    flag = _Late(r"(?:true|false|yes|no|on|off|enabled?|disabled?|none|null|nil|undefined)\Z", re.IGNORECASE)
    quantity = _Late(
        r"-?\d+(?:\.\d+)?\s?(?:[munµ]?s|ms|m|h|d|w|k|[KMGTP]i?B?|bytes?|%|sec(?:onds?)?|min(?:utes?)?|hours?|days?)\Z"
    )
    integer = _Late(r"-?\d+\Z")
    decimal = _Late(r"-?\d*\.\d+\Z")
    path = _Late(
        r"(?:~|\.{1,2})?/(?:[\w.@{}$-]+/)*[\w.@{}$-]*\Z|[\w./-]+/[\w.-]+\.(?:pem|key|crt|json|ya?ml|txt|jks|p12)\Z"
    )
    address = _Late(r"\[?[0-9a-f.:]*[.:][0-9a-f.:]*[.:][0-9a-f.:]*\]?(?::\d+|/\d+)?\Z", re.IGNORECASE)
    host_port = _Late(r"[A-Za-z0-9][\w.-]*:\d{2,5}\Z")
    url = _Late(r"[A-Za-z][A-Za-z0-9+.-]*://\S*\Z")
    dotted = _Late(r"[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+\Z")
    interpolated = _Late(r"\$\([^()]+\)|\$\{[^}]+\}|\{\{[^}]+\}\}")
    word = _Late(r"[a-z]+\Z")
    public = _Late(r"-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----|ssh-(?:rsa|ed25519) |ecdsa-sha2-")


def is_reference(value: str) -> bool:
    """Return whether the whole value only says where a value comes from."""
    return Forms.reference.match(value.strip()) is not None


def is_placeholder(value: str, name: str = "") -> bool:
    """Return whether a value only says that somebody has to fill one in."""
    bare = value.strip().strip("\"'")
    return Forms.placeholder.match(bare) is not None or (bare != "" and bare.casefold() == name.casefold())


#: What a text is in which a part is a secret, by the name of the form.
_BY_PART = (
    ("user_in_url", "a URL with a password in it"),
    ("user_at", "an address with a password in it"),
    ("hook", "a webhook's address, which is all that its caller needs"),
    ("provider", "a token by its form"),
    ("pair", "a connection text with a password in it"),
    ("option", "options with a password in them"),
)


def is_whole(value: str) -> bool:
    """Return whether a secret value is nothing but the secret: no text of several lines that has one in it."""
    return "\n" not in value.strip() or Forms.private_key.match(value.strip()) is not None


@lru_cache(maxsize=4096)
def shape(value: str) -> str | None:
    """Return what shows a value to be a secret whatever its name, in words; None where nothing does."""
    if Forms.private_key.search(value) is not None:
        return "a private key"
    if _is_private_base64(value):
        return "a private key in base64"
    for pattern, said in _BY_PART:
        for found in getattr(Forms, pattern).finditer(value):
            part = found["part"]
            if _ELSEWHERE.search(part) is None and not is_placeholder(part) and not _is_plain_part(part):
                return said
    return None


def _is_plain_part(part: str) -> bool:
    return Forms.flag.match(part) is not None or Forms.path.match(part) is not None


def _is_private_base64(value: str) -> bool:
    start = Forms.private_key_base64.search(value)
    if start is None:
        return False
    import base64  # noqa: PLC0415 - rare

    for lead in ("", "L", "LS"):
        text = lead + "".join(value[start.start() :].split())[:120]
        try:
            decoded = base64.b64decode(text[: len(text) // 4 * 4]).decode("latin-1")
        except ValueError:
            continue
        if "PRIVATE KEY" in decoded:
            return True
    return False


def veto(value: str, *, is_strong: bool, is_address: bool) -> bool:
    """Return whether the form of a value shows that it is no secret, whatever its name says.

    `is_strong` says that the name is that of a password, `is_address` that it is one whose value is a URL.
    """
    bare = value.strip()
    if any(
        form.match(bare) is not None
        for form in (Forms.flag, Forms.quantity, Forms.path, Forms.host_port, Forms.address, Forms.decimal)
    ):
        return True
    if Forms.integer.match(bare) is not None:
        return not is_strong or bare in {"0", "1"}
    if Forms.public.search(bare) is not None or Forms.interpolated.search(bare) is not None:
        return True
    if bare[:1] in {"{", "["} and bare[-1:] in {"}", "]"}:
        return True
    if Forms.url.match(bare) is not None:
        return not is_address
    return not is_strong and Forms.dotted.match(bare) is not None
