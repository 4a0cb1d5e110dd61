"""What the detector finds in a labelled list of variables, and what names alone would."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harden.secrets.detector import Verdict, judge, settings, spoken
from harden.secrets.values import shape

LABELLED = Path(__file__).parent / "data" / "secrets" / "labelled.yaml"
#: What tools that look at names alone take for a secret.
NAMED = ("PASS", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "AUTH", "SALT", "COOKIE", "DSN")


def labelled() -> list[tuple[str, str, str]]:
    groups = yaml.safe_load(LABELLED.read_text("utf-8"))
    return [(group, *_variable(entry)) for group, entries in groups.items() for entry in entries]


def _variable(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    if value.startswith('"') and value.endswith('"'):
        value = value[1:-1].replace("\\n", "\n")
    return name, value


def measured(found: list[bool], is_secret: list[bool]) -> tuple[float, float]:
    right = sum(each and other for each, other in zip(found, is_secret, strict=True))
    return right / sum(found), right / sum(is_secret)


def test_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    variables = labelled()
    assert len(variables) >= 600
    assert len(set(variables)) == len(variables)
    is_secret = [group == "secret" for group, _, _ in variables]
    found = [judge(name, value).is_secret for _, name, value in variables]
    by_name = [any(word in name.upper() for word in NAMED) for _, name, _ in variables]
    precision, recall = measured(found, is_secret)
    wrong = [
        f"{name} ({group})"
        for (group, name, _), each in zip(variables, found, strict=True)
        if each != (group == "secret")
    ]
    with capsys.disabled():
        print(f"\n{len(variables)} variables, {sum(is_secret)} secret")
        print(f"detector: precision {precision:.3f}, recall {recall:.3f}")
        print("names alone: precision {:.3f}, recall {:.3f}".format(*measured(by_name, is_secret)))
        print(f"wrong: {', '.join(wrong)}")
    assert precision >= 0.97
    assert recall >= 0.97


def test_placeholders_are_told_from_secrets() -> None:
    for group, name, value in labelled():
        if group == "placeholder" and not value.startswith("postgres"):
            assert judge(name, value).verdict is Verdict.PLACEHOLDER, name


def test_no_verdict_holds_a_value() -> None:
    for _, name, value in labelled():
        if len(value) > 5 and value != "placeholder":
            assert value not in judge(name, value).why


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (["redis-server", "--requirepass", "t0paz"], [(2, "requirepass")]),
        (["--password=t0paz", "--user=shop"], [(0, "password")]),
        (["--db-password", "$(DB_PASSWORD)"], []),
        (["--token-file=/run/token", "--token-ttl=10m"], []),
        (["sh", "-c", "PGPASSWORD=t0paz psql -h db"], [(2, "PGPASSWORD")]),
        (["sh", "-c", "PGPASSWORD=$PW psql -h db"], []),
        (["sh", "-c", 'export TOKEN="$(cat /run/token)"; run'], []),
        (["--dsn=postgres://a:t0paz@db/x"], [(0, "dsn")]),
        (["curl", "-H", "Authorization: Bearer ghp_a1b2c3d4e5f6g7h8i9j0"], [(2, "")]),
        ([8080, None, "--port=80"], []),
    ],
)
def test_command_lines(line: list[object], found: list[tuple[int, str]]) -> None:
    assert [(each.at, each.name) for each in spoken(line)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user = shop\npassword = t0paz\n", [(1, "password")]),
        ("db:\n  host: db\n  password: 't0paz'  # weak\n", [(2, "password")]),
        ("requirepass t0paz\nappendonly yes\n", [(0, "requirepass")]),
        ("# password = t0paz\n", []),
        ("password = ${DB_PASSWORD}\n", []),
        ("token = getToken()\n", []),
        ("url: postgres://a:t0paz@db/x\n", [(0, "url")]),
    ],
)
def test_texts_of_settings(text: str, found: list[tuple[int, str]]) -> None:
    assert [(setting.at, setting.name) for setting in settings(text)] == found


def test_what_begins_like_a_key_in_base64_and_is_none() -> None:
    assert shape("LS0tLS1CRUdJTi" + "\xf6" * 6) is None
    assert shape("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t") == "a private key in base64"
