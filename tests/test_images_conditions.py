"""What an image needs only in some settings, which tags its facts were read for, and what people are shown of both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harden.errors import HardenError
from harden.images.conditions import Shown, config_writes, given
from harden.images.entry import read_entries
from harden.images.facts import ImageFacts, StrictFile, Unit
from harden.images.pattern import Pattern
from harden.images.reach import is_within, spoken
from harden.images.reference import parse_reference
from harden.images.resolve import resolve
from harden.images.store import lookup
from harden.model.text import SourceText

NAME = "example.com/app"


def facts_of(text: str, image: str = f"{NAME}:1.2", *, shipped: bool = True) -> ImageFacts:
    """Return the facts of one entry, as a shipped file has it."""
    (entry,) = read_entries(SourceText("app.yaml", f"- match: [{NAME}]\n{text}"), shipped=shipped)
    facts = resolve(parse_reference(image), [(Pattern(NAME), entry)])
    assert facts is not None
    return facts


def when(matchers: str, fields: str = "root_caps: [NET_RAW]") -> ImageFacts:
    return facts_of(f"  uid: 1\n  root_caps: []\n  when:\n  - if: {matchers}\n    {fields}\n    because: it pings\n")


# --- which conditions hold ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matchers", "shown"),
    [
        ("{args: ['--ping']}", Shown(args=("--quiet", "--ping=1"))),
        ("{args: ['^$']}", Shown()),
        ("{args: ['^(?!.*--optimized).*start']}", Shown(args=("start",))),
        ("{command: [php-fpm]}", Shown(command=("php-fpm", "-F"))),
        ("{config: ['prober: +icmp']}", Shown(configs=("a: b", "  prober: icmp\n"))),
        ("{config: ['^chroot']}", Shown(configs=("global\nchroot /var\n",))),
        ("{config: [icmp]}", Shown(configs=(None, "icmp"))),
        ("{env: {PUID: '*'}}", Shown(env={"PUID": "1000"})),
        ("{env: {PUID: '*'}}", Shown(env={"PUID": None})),
        ("{env: {'NEO4J_*': '*'}}", Shown(env={"NEO4J_AUTH": "x"})),
        ("{env: {MODE: '*/web'}}", Shown(env={"MODE": "a/b/web"})),
        ("{env: {SKIP: null}}", Shown(env={"OTHER": "x"})),
        ("{mount: [/data/acme.json]}", Shown(mounts=("/data",))),
        ("{mount: [/etc/nginx/templates]}", Shown(mounts=("/etc/nginx/templates/a.template",))),
        ("{unmounted: [/etc/app]}", Shown(mounts=("/etc/apps",))),
        ("{tags: ['1.*']}", Shown()),
        ("{tags: ['v1.*']}", Shown()),
        ("{args: [a, b], env: {X: null}}", Shown(args=("b",))),
    ],
)
def test_a_condition_that_holds(matchers: str, shown: Shown) -> None:
    applied = given(when(matchers), shown)
    assert applied.facts.root_caps == ("NET_RAW",)
    assert [(each.because, each.fields) for each in applied.reasons] == [("it pings", ("root_caps",))]
    assert applied.doubts == ()
    assert applied.facts.origins["root_caps"] == "app.yaml:5"


@pytest.mark.parametrize(
    ("matchers", "shown"),
    [
        ("{args: ['--ping']}", Shown(args=("--quiet",), command=("--ping",))),
        ("{args: ['^$']}", Shown(args=("serve",))),
        ("{config: ['^chroot']}", Shown(configs=("# no chroot\n",))),
        ("{config: [icmp]}", Shown()),
        ("{env: {PUID: '*'}}", Shown(env={"PGID": "1000"})),
        ("{env: {MODE: 'web'}}", Shown(env={"MODE": "worker"})),
        ("{env: {SKIP: null}}", Shown(env={"SKIP": ""})),
        ("{env: {SKIP: null}}", Shown(env={"SKIP": None}, env_open=True)),
        ("{mount: [/data]}", Shown(mounts=("/database", "/da"))),
        ("{unmounted: [/etc/app]}", Shown(mounts=("/etc/app/app.conf",))),
        ("{tags: ['2.*']}", Shown()),
        ("{tags: ['v2.*']}", Shown()),
        ("{args: [a], env: {X: '1'}}", Shown(args=("a",))),
    ],
)
def test_a_condition_that_does_not_hold(matchers: str, shown: Shown) -> None:
    applied = given(when(matchers), shown)
    assert (applied.facts.root_caps, applied.reasons, applied.doubts) == ((), (), ())


@pytest.mark.parametrize(
    ("matchers", "shown"),
    [
        ("{env: {PUID: '*'}}", Shown(env_open=True)),
        ("{env: {SKIP: null}}", Shown(env_open=True)),
        ("{env: {MODE: 'web'}}", Shown(env={"MODE": None})),
        ("{config: [icmp]}", Shown(configs=(None, "tcp"))),
        ("{args: [a], config: [icmp]}", Shown(args=("a",), configs=(None,))),
    ],
)
def test_a_condition_that_nobody_can_see_may_hold(matchers: str, shown: Shown) -> None:
    applied = given(when(matchers), shown)
    assert (applied.facts.root_caps, applied.reasons) == ((), ())
    assert [(each.because, each.fields) for each in applied.doubts] == [("it pings", ("root_caps",))]


def test_what_cannot_be_seen_does_not_make_up_for_what_does_not_hold() -> None:
    applied = given(when("{args: [a], config: [icmp]}"), Shown(args=("b",), configs=(None,)))
    assert applied.doubts == ()


def test_lists_are_added_to_and_the_rest_is_replaced() -> None:
    facts = facts_of(
        "  uid: 1\n  writable: [/cache]\n  runs_as_nonroot: true\n  nonroot_env: {A: '1'}\n  when:\n"
        "  - if: {args: [a]}\n    writable: [/run, /cache]\n    runs_as_nonroot: false\n    nonroot_env: {B: '2'}\n"
        "    because: x\n"
        "  - if: {args: [a]}\n    volumes: [/data]\n    root_caps: [CHOWN]\n    because: z\n"
    )
    applied = given(facts, Shown(args=("a",))).facts
    assert applied.writable == ("/cache", "/run")
    assert applied.runs_as_nonroot is False
    assert applied.nonroot_env == {"A": "1", "B": "2"}
    # A list that is not established stays so; what is known to be needed is needed all the same.
    assert applied.volumes is None
    assert applied.root_caps == ("CHOWN",)
    assert given(facts, Shown()).facts == facts


def test_conditions_of_variants_come_on_top_and_null_takes_them_away() -> None:
    text = (
        "  uid: 1\n  when:\n  - {if: {args: [a]}, because: x, root_caps: [CHOWN]}\n"
        "  variants:\n"
        "  - tags: '1*'\n    when:\n    - {if: {args: [a]}, because: z, root_caps: [KILL]}\n"
        "  - tags: '2*'\n    when: null\n"
    )
    first = given(facts_of(text), Shown(args=("a",)))
    assert (first.facts.root_caps, [each.place for each in first.reasons]) == (
        ("CHOWN", "KILL"),
        ["app.yaml:4", "app.yaml:8"],
    )
    assert facts_of(text, f"{NAME}:2").when == ()


def test_paths_that_configuration_tells_to_write_to() -> None:
    facts = facts_of("  uid: 1\n  config_writes: ['^\\s*access_log\\s+(/[^\\s;]+)', '--log=(\\S+)']\n")
    shown = Shown(
        configs=("server {\n  access_log /var/log/a.log;\n  # access_log /no;\n  access_log off;\n}", None),
        args=("--log=/x", "--log=relative"),
    )
    assert config_writes(facts, shown) == ("/var/log/a.log", "/x")
    assert config_writes(facts, Shown()) == ()


# --- how far facts reach --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "read_for", "within"),
    [
        ("1.27.3-alpine", ("1.26*", "1.27*"), True),
        ("1.21", ("1.26*", "1.27*"), False),
        ("1.2", ("1.2",), True),
        ("1.2.3-alpine3.20", ("1.2",), True),
        ("1.2-alpine", ("1.2",), True),
        ("1.20", ("1.2",), False),
        ("v1.2", ("1.2",), True),
        ("v1.2.1-alpine", ("1.2*",), True),
        ("2.17.0", ("v2.14*", "v2.17*"), True),
        ("2.18.0", ("v2.14*", "v2.17*"), False),
        ("v2.3", ("[12].3",), True),
        ("2.3", ("v[12].3",), True),
        ("alpine", ("valpine",), False),
        ("valpine", ("alpine",), False),
        ("vv1.2", ("1.2",), False),
        ("1", ("1.2",), False),
        ("latest", ("*",), False),
        ("latest", ("1*", "latest"), True),
        (None, ("*", "latest"), False),
        ("anything", (), False),
    ],
)
def test_what_is_within(tag: str | None, read_for: tuple[str, ...], *, within: bool) -> None:
    assert is_within(tag, read_for) is within


@pytest.mark.parametrize(
    ("read_for", "words"),
    [
        (("1.25*", "1.26*", "1.27.*"), "1.25 to 1.27"),
        (("14", "14.*", "14-*"), "14"),
        (("14*", "15*", "17*", "alpine"), "14 to 15, 17 and alpine"),
        (("v2.*", "v3.*", "latest"), "2 to 3 and latest"),
        (("1*", "v2*", "v1*"), "1 to 2"),
        (("v1*", "1*", "vanilla"), "1 and vanilla"),
        (("1.9*", "2.0*"), "1.9 and 2.0"),
        (("*",), "any tag"),
    ],
)
def test_tags_in_words(read_for: tuple[str, ...], words: str) -> None:
    assert spoken(read_for) == words


def test_shipped_facts_reach_the_tags_that_were_read() -> None:
    text = "  uid: 1\n  read_for: ['1.2*', '1.3*']\n  variants:\n  - tags: '2*'\n    uid: 2\n    read_for: ['2.0*']\n"
    facts = facts_of(text)
    assert (facts.reaches_tag, facts.reach_doubt, facts.outside) == (True, None, frozenset())
    assert facts.evidence == f"shipped facts: {NAME} (read for 1.2 to 1.3 and 2.0)"
    # Whoever reads the tags of a variant reads the rest for them too.
    assert facts_of(text, f"{NAME}:2.0.1").reaches_tag
    old = facts_of(text, f"{NAME}:2.1")
    assert not old.reaches_tag
    assert old.reach_doubt == "facts were read for 1.2 to 1.3 and 2.0, not 2.1"
    assert not old.reaches("uid")
    assert old.reaches("root_caps")
    digest = facts_of(text, f"{NAME}@sha256:{'0' * 64}")
    assert digest.reach_doubt == "facts were read for 1.2 to 1.3 and 2.0, not what this digest is"


def test_shipped_facts_without_tags_reach_none() -> None:
    facts = facts_of("  uid: 1\n")
    assert not facts.reaches_tag
    assert facts.evidence == f"shipped facts: {NAME} (no tag is named)"
    assert facts.reach_doubt == "which tags the facts were read for is not known, so not whether they hold for 1.2"


def test_own_facts_reach_all_tags_but_do_not_answer_for_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("- match: postgres\n  uid: 5\n  gid: 5\n  runs_as_nonroot: true\n", "utf-8")
    facts = lookup("postgres:1.0", extra=[own])
    assert facts is not None
    assert facts.evidence == f"{own}:1"
    assert not facts.reaches("root_caps")
    assert facts.reaches("uid", "gid", "runs_as_nonroot")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("learned from the registry: the config of example.com/app@sha256:1", "learned from registry (own.yaml:1)"),
        ("learned from the config of example.com/app", "learned from the image itself (own.yaml:1)"),
    ],
)
def test_learned_facts_say_so(source: str, words: str) -> None:
    text = f"- match: [{NAME}]\n  uid: 1\n  confidence: learned\n  sources: ['{source}']\n"
    (entry,) = read_entries(SourceText("own.yaml", text))
    facts = resolve(parse_reference(f"{NAME}:9"), [(Pattern(NAME), entry)])
    assert facts is not None
    assert (facts.evidence, facts.reaches_tag) == (words, True)


@pytest.mark.parametrize(
    ("image", "reaches"), [("gcr.io/distroless/static:nonroot", True), ("example.com/x:nonroot", False)]
)
def test_rules_reach_where_a_publisher_promises_them(image: str, *, reaches: bool) -> None:
    facts = lookup(image)
    assert facts is not None
    assert facts.reaches_tag is reaches
    assert facts.evidence.startswith("rule ")


# --- the other fields -----------------------------------------------------------------------------------------------


def test_the_other_fields_are_read() -> None:
    facts = facts_of(
        "  runs_as_nonroot: false\n  root_reason: s6 starts as root\n  stays_root: true\n"
        "  strict_files: [{path: /a/.erlang.cookie, mode: '0600', since: '3.8'},\n"
        "    {path: '**/acme.json', mode: '0600'}]\n"
        "  size_env: {HEAP: size, OPTS: jvm_options}\n"
        "  size_args: {'--cacheGB[ =](\\d+)': gib}\n  size_config: {'^maxmemory (\\S+)': size}\n"
    )
    assert facts.strict_files == (
        StrictFile("/a/.erlang.cookie", "0600", "3.8"),
        StrictFile("**/acme.json", "0600"),
    )
    sizes: list[Mapping[str, Unit]] = [facts.size_env, facts.size_args, facts.size_config]
    assert [list(each.values()) for each in sizes] == [[Unit.SIZE, Unit.JVM_OPTIONS], [Unit.GIB], [Unit.SIZE]]
    assert (facts.root_reason, facts.stays_root) == ("s6 starts as root", True)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("  read_for: []\n", 2, "read_for must be a list of globs"),
        ("  when: {}\n", 2, "when must be a list"),
        ("  when:\n  - because: x\n    uid: 1\n", 3, "must have `if`"),
        ("  when:\n  - if: {args: [x]}\n    uid: 1\n", 3, "must have `because`"),
        ("  when:\n  - if: {}\n    because: x\n    uid: 1\n", 3, "if must hold some of"),
        ("  when:\n  - if: {arg: [x]}\n    because: x\n    uid: 1\n", 3, 'has no key "arg"'),
        ("  when:\n  - if: {args: ['(']}\n    because: x\n    uid: 1\n", 3, "no regular expression"),
        ("  when:\n  - if: {env: {A: 1}}\n    because: x\n    uid: 1\n", 3, "in quotes"),
        ("  when:\n  - if: {mount: [a]}\n    because: x\n    uid: 1\n", 3, "absolute folders"),
        ("  when:\n  - if: {args: [x]}\n    because: x\n", 3, "must state what follows"),
        ("  when:\n  - if: {args: [x]}\n    because: x\n    class: web\n", 5, 'has no key "class"'),
        ("  config_writes: ['a']\n", 2, "must have 1 group"),
        ("  size_env: {A: bytes}\n", 2, "must be one of size"),
        ("  strict_files: [{path: a, mode: '0600'}]\n", 2, "starts with / or **/"),
        ("  strict_files: [{path: /a, mode: 600}]\n", 2, "in quotes"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(HardenError) as caught:
        facts_of(text)
    assert str(caught.value).startswith(f"app.yaml:{line}: ")
    assert words in str(caught.value)
