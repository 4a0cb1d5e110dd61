"""Wrong lines: each is refused with exit code 2, in words that say what is wrong, where, and what to write instead."""

from __future__ import annotations

import shlex

import pytest
from cli_session import POD, Session, put, tree

#: What is typed, and what has to be said: what is wrong or where, and what to do.
WRONG: dict[str, tuple[str, ...]] = {
    # commands
    "aply": ("No such command 'aply'", "Did you mean 'apply'?"),
    "chek a.yaml": ("No such command 'chek'", "Did you mean 'check'?"),
    "fix": ("No such command 'fix'", "Try 'harden -h' for help"),
    "-q check": ("No such option: -q", "Try 'harden -h' for help"),
    "a.yaml": ("No such command 'a.yaml'",),
    # options that do not exist
    "apply --riks safe": ("No such option: --riks", "--risk"),
    "check --profil baseline": ("No such option: --profil", "--profile"),
    "check --nope": ("No such option: --nope", "Try 'harden check -h' for help"),
    "check -x": ("No such option: -x", "Try 'harden check -h' for help"),
    "graph --risk safe": ("No such option: --risk", "Try 'harden graph -h' for help"),
    "explain --all": ("No such option: --all", "Try 'harden explain -h' for help"),
    # values that are missing or too many
    "check --risk": ("Option '--risk' requires an argument",),
    "check --risk -q": ("Option '--risk' requires an argument", "'-q' cannot be one"),
    "check -p --strict": ("Option '--profile' requires an argument", "'--strict' cannot be one"),
    "check --quiet=1": ("--quiet", "does not take a value"),
    "explain a b": ("unexpected extra argument(s) (b)",),
    "profile a b": ("unexpected extra argument(s) (b)",),
    # values that mean nothing
    "apply -p restrictd": ('unknown profile "restrictd"', 'did you mean "restricted"?'),
    "apply -p hardend.yaml": ('the profile file "hardend.yaml" does not exist',),
    "apply -p ''": ('profile ""',),
    "check --risk braking": ('--risk: unknown risk "braking"', 'did you mean "breaking"?'),
    "check --risk 3": ('--risk: unknown risk "3"', "known risks: safe, review, breaking"),
    "check --risk SAFE": ('--risk: unknown risk "SAFE"', 'did you mean "safe"?'),
    "check --pss-version v1.99": ("--pss-version:", '"v1.99" is newer than the newest known', "or latest"),
    "check --pss-version new": ("--pss-version:", "must be v1.N", "or latest"),
    "check --pss-version v2.1": ("--pss-version:", "must be v1.N"),
    "check --pss-version 1": ("--pss-version:", "must be v1.N"),
    "check --pss-version v1.31.x": ("--pss-version:", "must be v1.N"),
    "check --format jsn": ('--format: unknown format "jsn"', 'did you mean "json"?'),
    "check --format pdf": ('--format: unknown format "pdf"', "known formats: text, diff, json"),
    "check --format diff": ("--format: check makes no diff: use harden diff",),
    "graph --format png": ('--format: unknown format "png"', "known formats: text, mermaid, dot, svg, html"),
    "check --color sometimes": ('--color: unknown color "sometimes"', "known colors: auto, always, never"),
    "check --select capabilitys": ('--select: unknown control "capabilitys"', 'did you mean "capabilities"?'),
    "check --select zzz": ('--select: unknown control "zzz"', "known controls: allow-privilege-escalation, "),
    "check --ignore probe": ('--ignore: unknown control "probe"', 'did you mean "probes"?'),
    "explain capability": ('explain: unknown control "capability"', 'did you mean "capabilities"?'),
    "explain zzzzz": ('explain: unknown control "zzzzz"', "known controls: allow-privilege-escalation, "),
    "images 'A B'": ("A B",),
    # files that cannot be
    "check --config gone.yaml": ('the configuration file "gone.yaml" does not exist',),
    "check --usage gone.csv": ("--usage: gone.csv: cannot be read: No such file or directory",),
    "check --companions --flows gone.log": ("--flows: gone.log: cannot be read: No such file or directory",),
    "check --output gone/out": ("gone/out: cannot be written", "its folder does not exist"),
    "check --output a.json --report-file ./a.json": ("a.json: one file cannot take two results", "name another one"),
    "check --report-file .": (".: cannot be written", "it is a folder itself"),
    "apply --companions --companions-dir a.yaml .": ("--companions-dir: a.yaml is no folder",),
    # options that make no sense together
    "apply - a.yaml": ("- (standard input) must be the only path", "pass files in a run of their own"),
    "apply --output x.yaml a.yaml": ("--output: apply rewrites the files themselves", "harden diff --output x.yaml"),
    "apply --output x.yaml": ("--output: apply rewrites the files themselves", "--report-file"),
    "apply - --format json": ("--format: standard output carries the manifests", "use --report-file"),
    "apply - --companions --companions-dir d": ("--companions-dir: a stream's companions are appended to it",),
    "check --companions --flows a.yaml .": ("--flows: a.yaml: no line is a connection", "known are logs of Hubble"),
    "graph --flows a.yaml .": ("--flows: a.yaml: no line is a connection", "CSV with source namespace"),
    "check --companions --flows - -": ("--flows: standard input", "name a file"),
    "check --flows a.yaml": ("--flows: only companions use it", "--companions"),
    "check --statistics --format json": ("--statistics: counts are text", "--format text"),
    "check --learn .": ("--learn: only apply learns images", "harden images learn --registry --from PATH"),
    "images learn": ("images learn: name a FILE, - for standard input, or --registry and IMAGEs",),
    "images learn a.tar --add x --output y": ("images learn: --add and --output exclude each other",),
    "images learn a b --image x": ("images learn: --image says what the image in one FILE is called",),
    "images learn a --plain-http": ("images learn: --plain-http needs --registry",),
    "images learn --from .": ("images learn: --from PATH goes with --registry",),
    # habits of kubectl and of linters
    "apply -f a.yaml": ("No such option: -f", "paths need no option: harden apply a.yaml"),
    "apply -fa.yaml": ("No such option: -f", "paths need no option: harden apply a.yaml"),
    "check --filename=a.yaml": ("No such option: --filename", "paths need no option: harden check a.yaml"),
    "check -R .": ("No such option: -R", "folders are always searched through"),
    "diff --recursive .": ("No such option: --recursive", "folders are always searched through"),
    "apply -n shop a.yaml": ("No such option: -n", "--namespace NS"),
    "graph -n shop": ("No such option: -n", "--namespace NS"),
    "check -o json": ("No such option: -o", "--format chooses the form"),
    "check -ojson": ("No such option: -o", "--output FILE"),
    "check --output json": ("--output: json would be a file", "--format", "./json"),
    "graph --output yaml": ("--output: yaml", "--format", "./yaml"),
    "apply --dry-run a.yaml": ("No such option: --dry-run", "harden diff"),
    "apply --dry-run=server a.yaml": ("No such option: --dry-run", "harden diff"),
    "apply -k overlay": ("No such option: -k", "kustomize build DIR | harden apply -"),
    "check --context prod": ("No such option: --context", "never asks a cluster"),
    "check --kubeconfig x": ("No such option: --kubeconfig", "never asks a cluster"),
    "check --fix": ("No such option: --fix", "harden apply"),
    "explain -f a.yaml": ("No such option: -f", "Try 'harden explain -h' for help"),
    "check -v": ("No such option: -v", "Try 'harden check -h' for help"),
}
#: What harden.yaml holds, and what has to be said.
WRONG_FILES: dict[str, tuple[str, ...]] = {
    "risc: safe\n": ('harden.yaml:1: unknown key "risc"', 'did you mean "risk"?'),
    "a: 1\nrisk: wild\n": ('harden.yaml:1: unknown key "a"', "known keys: "),
    "risk: wild\n": ('harden.yaml:1: unknown risk "wild"', "known risks: safe, review, breaking"),
    "pss-version: 1.30\n": ("harden.yaml:1: pss-version must be v1.N or latest", "write the v"),
    "version: v1.99\n": ("harden.yaml:1: version", "v1.99", "newer"),
    "version: v1.30\npss-version: v1.31\n": ("harden.yaml:1: version and pss-version", "one of them"),
    "select: capabilities\n": ("harden.yaml:1: select must be a list of strings",),
    "select: [capabilitys]\n": ('harden.yaml:1: unknown control "capabilitys"', 'did you mean "capabilities"?'),
    "ignore: [probe]\n": ('harden.yaml:1: unknown control "probe"', 'did you mean "probes"?'),
    "format: pdf\n": ('harden.yaml:1: unknown format "pdf"', "known formats: text, diff, json"),
    "include: '*.yaml'\n": ("harden.yaml:1: include must be a list of strings",),
    "- a\n": ("harden.yaml: a mapping of settings is expected",),
    "risk: [\n": ("harden.yaml:", "not valid YAML"),
    "profile: ./gone.yaml\n": ('"gone.yaml" does not exist',),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line(harden: Session, line: str) -> None:
    put(a_yaml=POD)
    done = harden(*shlex.split(line), stdin=POD.encode())
    assert (done.code, done.out) == (2, b""), done.err
    said = " ".join(done.err.split())
    for words in WRONG[line]:
        assert words in said
    assert "Traceback" not in said
    # Nothing is written, and nothing is done.
    assert tree() == {"a.yaml": POD.encode()}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_wrong_configuration(harden: Session, text: str) -> None:
    put(a_yaml=POD, harden_yaml=text)
    done = harden("apply", "a.yaml")
    assert (done.code, done.out) == (2, b""), done.err
    assert done.err.startswith("harden: ")
    assert done.err.count("\n") == 1
    for words in WRONG_FILES[text]:
        assert words in done.err
    assert tree()["a.yaml"] == POD.encode()


def test_there_are_enough_wrong_lines() -> None:
    assert len(WRONG) + len(WRONG_FILES) >= 60
