"""Profiles and harden.yaml: what they come to, where it is from, and how wrong ones are refused."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree
from subprocess import run
from sys import executable

import jsonschema_rs
import pytest
from requirements import need
from ruamel.yaml import YAML

import harden
from harden.controls import all_controls
from harden.errors import HardenError
from harden.model.finding import Level, Risk
from harden.model.text import Plain
from harden.outputs import Format
from harden.settings import Config, describe, load, load_config, read_config, shipped
from harden.settings.keys import CONFIG, ENABLED, FORMATS, PROFILE, settings_of
from harden.settings.schema import config_schema, profile_schema
from harden.settings.shipped import data_folder, shipped_names

ROOT = Path(__file__).resolve().parents[1]
IDS = {control.id for control in all_controls()}
#: What goes beyond the standards runs only where a profile says so.
BEYOND = {control.id for control in all_controls() if not control.is_default}
#: What no shipped profile asks for: it would stop pods on many nodes.
ASKED_FOR = {"mandatory-access-control"}


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_the_shipped_profiles() -> None:
    assert [profile.name for profile in shipped()] == ["baseline", "hardened", "restricted"]
    assert all(profile.description.endswith(".") for profile in shipped())
    for name, level in (("baseline", Level.BASELINE), ("restricted", Level.RESTRICTED), ("hardened", Level.RESTRICTED)):
        profile = load(name)
        assert (profile.name, profile.level, profile.version, profile.risk) == (name, level, None, Risk.REVIEW)
        assert profile.version_word == "latest"
        assert set(profile.controls) == IDS
        beyond = {name for name, setting in profile.controls.items() if not setting.enabled}
        assert beyond == (ASKED_FOR if name == "hardened" else BEYOND)


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "team.yaml",
        """
        extends: restricted
        version: v1.30
        risk: safe
        controls:
          capabilities: {enabled: false}
          seccomp-profile: {localhostProfile: team.json}
        """,
    )
    profile = load(path)
    assert (profile.name, profile.level, profile.version, profile.risk) == (
        "team",
        Level.RESTRICTED,
        (1, 30),
        Risk.SAFE,
    )
    assert profile.version_word == "v1.30"
    assert not profile.controls["capabilities"].enabled
    assert profile.controls["seccomp-profile"].enabled
    assert profile.controls["seccomp-profile"].options == {"localhostProfile": "team.json"}
    assert {name for name, setting in profile.controls.items() if not setting.enabled} == {"capabilities", *BEYOND}
    assert profile.origins["level"] == "restricted (shipped)"
    assert profile.origins["version"] == path
    assert profile.origins["controls.capabilities.enabled"] == path
    assert profile.origins["controls.seccomp-profile.enabled"] == "default"
    assert profile.origins["controls.seccomp-profile.localhostProfile"] == path


def test_a_chain_of_files_in_folders(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    write(
        tmp_path / "base",
        "all.yaml",
        """
        extends: baseline
        name: all
        risk: safe
        controls: {sysctls: {enabled: false}, privileged: {enabled: false}}
        """,
    )
    path = write(
        tmp_path, "team.yml", "extends: base/all.yaml\nlevel: restricted\ncontrols: {sysctls: {enabled: true}}\n"
    )
    profile = load(path)
    assert (profile.name, profile.level, profile.risk) == ("team", Level.RESTRICTED, Risk.SAFE)
    assert profile.controls["sysctls"].enabled
    assert not profile.controls["privileged"].enabled
    assert profile.origins["risk"] == "base/all.yaml"
    assert profile.origins["controls.sysctls.enabled"] == path
    assert profile.origins["controls.privileged.enabled"] == "base/all.yaml"


def test_a_file_may_be_named_like_a_shipped_one(tmp_path: Path) -> None:
    path = write(tmp_path, "restricted.yaml", "extends: restricted\nrisk: breaking\n")
    assert load(path).risk is Risk.BREAKING


def test_the_platform(tmp_path: Path) -> None:
    assert (load("restricted").platform, load("restricted").origins["platform"]) == ("kubernetes", "default")
    path = write(tmp_path, "cluster.yaml", "extends: restricted\nplatform: openshift\n")
    assert (load(path).platform, load(path).origins["platform"]) == ("openshift", path)
    child = write(tmp_path, "team.yaml", "extends: cluster.yaml\nrisk: safe\n")
    assert (load(child).platform, load(child).origins["platform"]) == ("openshift", "cluster.yaml")
    row = next(row for row in describe(load(path)).splitlines() if row.startswith("platform:"))
    assert [part.strip() for part in row.split("#")] == ["platform: openshift", path]


def test_the_platform_of_a_project_wins_over_its_profile(tmp_path: Path) -> None:
    write(tmp_path, "harden.yaml", "platform: openshift\n")
    config = load_config(tmp_path)
    profile = load("restricted", overrides=dict(config.overrides), origins=config.origins)
    assert (profile.platform, profile.origins["platform"]) == ("openshift", str(tmp_path / "harden.yaml"))


@pytest.mark.parametrize("name", ["profile.yaml", "harden.yaml"])
def test_an_unknown_platform_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, "risk: safe\nplatform: Openshft\n")
    with pytest.raises(HardenError) as error:
        load(path) if name == "profile.yaml" else read_config(Path(path))
    assert str(error.value) == f'{path}:2: unknown platform "Openshft": did you mean "openshift"?'


def test_overrides_win_and_say_where_they_are_from() -> None:
    overrides: dict[str, Plain] = {"risk": "safe", "version": "v1.0", "controls": {"privileged": {"enabled": False}}}
    profile = load("restricted", overrides=overrides, origins={"risk": "--risk"})
    assert (profile.risk, profile.version) == (Risk.SAFE, (1, 0))
    assert not profile.controls["privileged"].enabled
    assert profile.origins["risk"] == "--risk"
    assert profile.origins["version"] == "command line"
    assert profile.origins["level"] == "restricted (shipped)"
    assert overrides == {"risk": "safe", "version": "v1.0", "controls": {"privileged": {"enabled": False}}}


def test_loading_leaves_no_trace() -> None:
    load("restricted", overrides={"controls": {"privileged": {"enabled": False}}})
    assert load("restricted").controls["privileged"].enabled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("levl: restricted", 'team.yaml:1: unknown key "levl": did you mean "level"?'),
        ("level: restricted\nxyzzy: 1", 'team.yaml:2: unknown key "xyzzy"; known keys: name, '),
        ("level: Restricted", 'team.yaml:1: unknown level "Restricted": did you mean "restricted"?'),
        ("level: [restricted]", "team.yaml:1: level must be one of privileged, baseline, restricted"),
        ("level: null", "team.yaml:1: level must be one of privileged, baseline, restricted"),
        ("extends: restricted\nversion: 1.30", "team.yaml:2: version must be v1.N or latest: write the v, "),
        ("extends: restricted\nversion: '2.30'", "team.yaml:2: version must be v1.N (up to "),
        ("extends: restricted\nversion: v1.99", 'team.yaml:2: version "v1.99" is newer than the newest known, v1.37'),
        ("extends: restricted\nversion: v2", "team.yaml:2: version "),
        ("extends: restricted\nversion: newest", "team.yaml:2: version must be v1.N (up to v1.37) or latest"),
        ("extends: restricted\nrisk: high", 'team.yaml:2: unknown risk "high"; known risks: safe, review, breaking'),
        ("extends: restricted\nrisk: 1", "team.yaml:2: risk must be one of safe, review, breaking"),
        ("extends: restrictd", 'team.yaml:1: unknown profile "restrictd": did you mean "restricted"?'),
        ("extends: 1", "team.yaml:1: extends must be a shipped name or a file"),
        ("extends: gone.yaml", 'team.yaml:1: the profile file "gone.yaml" does not exist'),
        ("name: a", 'team.yaml: no level: add "level: restricted", or "extends: restricted"'),
        ("", 'team.yaml: no level: add "level: restricted", or "extends: restricted"'),
        ("level: baseline\nname: 1", "team.yaml:2: name must be a text"),
        ("- a", "team.yaml: a mapping of settings is expected"),
        ("level: baseline\n---\nlevel: baseline\n", "team.yaml: one YAML document is expected, not 2"),
        ("level: baseline\ncontrols: []", "team.yaml:2: controls must be a mapping of control ids"),
        (
            "level: baseline\ncontrols:\n  privilegd: {}",
            'team.yaml:3: unknown control "privilegd": did you mean "privileged"?',
        ),
        ("level: baseline\ncontrols:\n  privileged: false", "team.yaml:3: privileged must be a mapping, for example"),
        (
            "level: baseline\ncontrols:\n  privileged:\n    enable: true",
            'team.yaml:4: unknown option of privileged "enable": did you mean "enabled"?',
        ),
        (
            "level: baseline\ncontrols:\n  privileged:\n    enabled: 'no'",
            "team.yaml:4: enabled must be true or false",
        ),
        (
            "level: baseline\ncontrols:\n  seccomp-profile:\n    localhostProfile: true",
            "team.yaml:4: localhostProfile must be a text",
        ),
        (
            "extends: hardened\ncontrols:\n  low-ports:\n    ports: mvoe",
            'team.yaml:4: unknown ports "mvoe": did you mean "move"?',
        ),
        (
            'extends: hardened\ncontrols:\n  low-ports: {ports: "8080"}',
            'team.yaml:3: unknown ports "8080"; known ports: sysctl, move, drop-in',
        ),
    ],
)
def test_a_wrong_profile_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, "team.yaml", text)
    with pytest.raises(HardenError) as refused:
        load(path)
    assert str(refused.value).replace(f"{tmp_path}/", "").startswith(message)


def test_broken_yaml_and_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HardenError, match=r"team\.yaml:\d+: "):
        load(write(tmp_path, "team.yaml", "level: [restricted\nrisk: safe\n"))
    (tmp_path / "bytes.yaml").write_bytes(b"level: \xff\xfe\n")
    with pytest.raises(HardenError, match=r"bytes\.yaml: not valid UTF-8"):
        load(str(tmp_path / "bytes.yaml"))


def test_names_that_are_no_profile_are_refused() -> None:
    with pytest.raises(HardenError, match=r'^unknown profile "restrict": did you mean "restricted"\?'):
        load("restrict")
    with pytest.raises(HardenError, match=r'^unknown profile "xyzzy"; known profiles: baseline, hardened, restricted'):
        load("xyzzy")
    with pytest.raises(HardenError, match=r'^the profile file "nowhere/a.yaml" does not exist'):
        load("nowhere/a.yaml")


def test_wrong_overrides_name_their_option() -> None:
    with pytest.raises(HardenError, match=r'^--risk: unknown risk "hihg"'):
        load("restricted", overrides={"risk": "hihg"}, origins={"risk": "--risk"})
    with pytest.raises(HardenError, match=r'^command line: unknown key "lvl"'):
        load("restricted", overrides={"lvl": "x"})


def test_circles_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "extends: b.yaml\n")
    write(tmp_path, "b.yaml", "risk: safe\nextends: ./a.yaml\n")
    with pytest.raises(HardenError, match=r"^b\.yaml:2: extends goes in a circle: .*a\.yaml -> b\.yaml -> \./a\.yaml$"):
        load(path)
    with pytest.raises(HardenError, match="goes in a circle"):
        load(write(tmp_path, "self.yaml", "extends: self.yaml\n"))


def test_a_description_can_be_loaded_again(tmp_path: Path) -> None:
    overrides: dict[str, Plain] = {
        "risk": "safe",
        "version": "v1.25",
        "controls": {"seccomp-profile": {"localhostProfile": 'a: "b" # c'}, "sysctls": {"enabled": False}},
    }
    profile = load("hardened", overrides=overrides, origins={"risk": "--risk"})
    text = describe(profile)
    again = load(write(tmp_path, "again.yaml", text))
    assert (again.name, again.level, again.version, again.risk, again.controls) == (
        profile.name,
        profile.level,
        profile.version,
        profile.risk,
        profile.controls,
    )
    assert any(line.startswith("risk: safe") and line.endswith("  # --risk") for line in text.splitlines())
    assert "\nlevel: restricted" in text


def test_shipped_data_is_found_in_both_places(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "harden").mkdir(parents=True)
    copytree(ROOT / "profiles", checkout / "profiles")
    assert data_folder(checkout / "harden") == checkout / "profiles"
    copytree(ROOT / "profiles", checkout / "harden" / "profiles_data")
    assert data_folder(checkout / "harden") == checkout / "harden" / "profiles_data"


def test_an_installed_package_loads_its_profiles(tmp_path: Path) -> None:
    package = Path(harden.__file__).parent
    copytree(package, tmp_path / "harden")
    copytree(ROOT / "profiles", tmp_path / "harden" / "profiles_data")
    program = "import harden, harden.settings as p; print(harden.__file__, p.load('hardened').level.value)"
    done = run([executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / "harden" / "__init__.py"), "restricted"]


def test_the_package_data_of_the_wheel_covers_what_is_shipped() -> None:
    import tomllib

    setup = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert setup["package-dir"]["harden.profiles_data"] == "profiles"
    globs = setup["package-data"]["harden.profiles_data"]
    taken = {path.name for glob in globs for path in (ROOT / "profiles").glob(glob) if path.parent.name == "profiles"}
    assert taken == {path.name for path in (ROOT / "profiles").iterdir() if path.is_file()}


def test_what_is_built_loads_its_profiles(tmp_path: Path) -> None:
    need(find_spec("setuptools") is not None, "setuptools is not installed")
    for name in ("harden", "profiles"):
        copytree(ROOT / name, tmp_path / name)
    for path in ROOT.iterdir():
        if path.name in {"pyproject.toml", "setup.py", "README.md"}:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    setup = "setup.py" if (tmp_path / "setup.py").exists() else "import setuptools; setuptools.setup()"
    program = [setup] if setup == "setup.py" else ["-c", setup]
    run([executable, "-W", "ignore", *program, "--quiet", "build", "-b", "made"], cwd=tmp_path, check=True)
    built = tmp_path / "made" / "lib"
    load = "import harden, harden.settings as p; print(harden.__file__, p.load('hardened').level.value)"
    done = run([executable, "-c", load], cwd=built, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(built / "harden" / "__init__.py"), "restricted"]


def test_an_incomplete_installation_says_so(tmp_path: Path) -> None:
    copytree(Path(harden.__file__).parent, tmp_path / "harden")
    program = "import harden.settings as p; p.load('restricted')"
    done = run([executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "the shipped profiles are missing: install harden again" in done.stderr


def test_the_plain_profiles_need_no_slow_imports() -> None:
    program = "import sys, harden.settings as p; p.load('restricted'); print(*sys.modules)"
    done = run([executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"deepmerge", "difflib", "json", "jsonschema_rs", "kubernetes_validate"}.isdisjoint(done.stdout.split())


FULL_CONFIG = """
profile: ci/team.yaml
pss-version: v1.31
risk: safe
include: [deploy/**]
exclude: ["**/charts/**", vendor]
format: json
"""


def test_config_is_found_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    path = tmp_path / "harden.yaml"
    path.write_text(FULL_CONFIG)
    found = load_config(deep)
    assert found == Config(
        path=path,
        profile=str(tmp_path / "ci" / "team.yaml"),
        include=("deploy/**",),
        exclude=("**/charts/**", "vendor"),
        format="json",
        overrides=(("version", "v1.31"), ("risk", "safe")),
    )
    assert found.origins == {"version": str(path), "risk": str(path)}
    (tmp_path / "a" / "harden.yaml").write_text("profile: baseline\n")
    assert load_config(deep).profile == "baseline"
    assert load_config(deep).overrides == ()
    profile = load("restricted", overrides=dict(found.overrides), origins=found.origins)
    assert (profile.version, profile.risk, profile.origins["risk"]) == ((1, 31), Risk.SAFE, str(path))


def test_a_kubernetes_object_called_harden_yaml_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "harden.yaml").write_text("risk: safe\n")
    below = tmp_path / "kustomize"
    below.mkdir()
    (below / "harden.yaml").write_text("apiVersion: example.test/v1\nkind: Harden\nmetadata: {name: x}\n")
    assert load_config(below).path == tmp_path / "harden.yaml"


def test_no_config_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "harden.yaml").mkdir()
    assert load_config(tmp_path).overrides == ()
    with pytest.raises(HardenError, match=r'the configuration file ".*gone\.yaml" does not exist'):
        read_config(tmp_path / "gone.yaml")
    assert read_config(Path(write(tmp_path, "empty.yaml", "# nothing\n"))).profile is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profil: baseline", ':1: unknown key "profil": did you mean "profile"?'),
        ("risk: safe\npss_version: v1.30", ':2: unknown key "pss_version": did you mean "pss-version"?'),
        ("risk: low", ':1: unknown risk "low"'),
        ("pss-version: 1.30", ":1: pss-version must be v1.N or latest"),
        ("include: deploy", ":1: include must be a list of strings"),
        ("exclude: [1]", ":1: exclude must be a list of strings"),
        ("format: yaml", ':1: unknown format "yaml"'),
        ("profile: [a]", ":1: profile must be a text"),
        ("images: [a]", ":1: images must be a mapping"),
        ("images:\n  fact: [a]", ":2: images.fact is no key of images; known keys: facts, mirrors"),
        ("images:\n  facts: a", ":2: images.facts must be a list of files and folders"),
        ("images:\n  facts: ['']", ":2: images.facts must be a list of files and folders"),
        ("images:\n  facts: [gone.yaml]", ':2: images.facts: there is no file or folder "gone.yaml"'),
        ("images:\n  mirrors: [a]", ":2: images.mirrors must map prefixes of image names to what they mirror"),
        ("images:\n  mirrors:\n    a.test: 1", ":3: images.mirrors.a.test must map"),
        ("images:\n  mirrors:\n    hub: docker.io", ":3: images.mirrors.hub must map"),
        ("images:\n  mirrors:\n    https://a.test: docker.io", ":3: images.mirrors.https://a.test must map"),
    ],
)
def test_a_wrong_config_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HardenError) as refused:
        read_config(Path(write(tmp_path, "harden.yaml", text)))
    assert str(refused.value).removeprefix(str(tmp_path / "harden.yaml")).startswith(message)


def test_facts_and_mirrors_of_images(tmp_path: Path) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "team.yaml").write_text("")
    mirrors = "{registry.example.com/hub: docker.io, 'localhost:5000/': quay.io/team}"
    path = write(tmp_path, "harden.yaml", f"images:\n  facts: [team.yaml, facts/]\n  mirrors: {mirrors}\n")
    found = read_config(Path(path))
    assert found.facts == (tmp_path / "team.yaml", tmp_path / "facts")
    assert found.mirrors == (("registry.example.com/hub", "docker.io"), ("localhost:5000/", "quay.io/team"))
    empty = read_config(Path(write(tmp_path, "harden.yaml", "images: {}\n")))
    assert (empty.facts, empty.mirrors) == ((), ())


def test_formats_are_those_of_the_outputs() -> None:
    assert set(FORMATS) == {form.value for form in Format}


# What the loader takes and what the schemas take, key by key.
PROFILE_SAMPLES: dict[str, tuple[Plain, Plain]] = {
    "name": ("a", 1),
    "description": ("a", 1),
    "extends": ("restricted", 1),
    "level": ("baseline", "high"),
    "pss-version": ("v1.30.2", "v1.99"),
    "version": ("v1.30", "v1.99"),
    "risk": ("safe", "high"),
    "platform": ("openshift", "okd"),
    "controls": ({"privileged": {"enabled": False}}, {"privileged": {"enabled": 1}}),
    "companions": ({"enabled": True, "resource-quota": {"nodes": 3}}, {"network-policy": {"egress": "all"}}),
}
CONFIG_SAMPLES: dict[str, tuple[Plain, Plain]] = {
    "profile": ("baseline", 1),
    "level": ("baseline", "base"),
    "controls": ({"probes": {"enabled": True}}, {"probes": {"enable": True}}),
    "companions": ({"enabled": True}, {"enabled": 1}),
    "pss-version": ("1.30", "2.30"),
    "version": ("v1.30", "v1.99"),
    "select": (["capabilities"], "capabilities"),
    "ignore": (["probes"], [1]),
    "risk": ("review", "high"),
    "platform": ("kubernetes", "Kubernetes"),
    "include": (["a"], "a"),
    "exclude": ([], [1]),
    "format": ("text", "xml"),
    "baseline": ("harden-baseline.json", ["harden-baseline.json"]),
    "kinds": ({"x.test/v1/Farm": ["spec.template"]}, {"x.test/v1/Farm": 1}),
    "images": ({"mirrors": {"registry.example.com/hub": "docker.io"}}, {"facts": "facts"}),
    "exemptions": (
        [{"control": "privileged", "name": "a", "reason": "b", "until": "2027-01-31"}],
        [{"control": "privileged", "name": "a"}],
    ),
}


def is_valid(schema: dict[str, Plain], data: Plain) -> bool:
    return jsonschema_rs.validator_for(schema).is_valid(data)


def is_loaded(folder: Path, data: dict[str, Plain], *, config: bool) -> bool:
    path = write(folder, "sample.yaml", json.dumps(data))
    try:
        read_config(Path(path)) if config else load(path)
    except HardenError:
        return False
    return True


def test_schema_and_loader_know_the_same_keys() -> None:
    beside = {"controls", "companions"}
    assert set(PROFILE_SAMPLES) == {key.name for key in PROFILE} | beside == set(properties(profile_schema()))
    config = {key.name for key in CONFIG} | beside | {"exemptions"}
    assert set(CONFIG_SAMPLES) == config == set(properties(config_schema()))
    controls = properties(properties(profile_schema())["controls"])
    assert set(controls) == IDS
    for control in all_controls():
        options = settings_of(control)
        assert list(properties(controls[control.id])) == [option.name for option in options]
        assert options[0] == ENABLED._replace(default=control.is_default)


def properties(schema: Plain) -> dict[str, Plain]:
    assert isinstance(schema, dict)
    found = schema["properties"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("key", PROFILE_SAMPLES)
def test_schema_and_loader_of_profiles_agree(tmp_path: Path, key: str) -> None:
    good, bad = PROFILE_SAMPLES[key]
    for value, expected in ((good, True), (bad, False), (None, False)):
        data: dict[str, Plain] = {"level": "restricted", key: value}
        assert is_valid(profile_schema(), data) is expected
        assert is_loaded(tmp_path, data, config=False) is expected
    assert not is_valid(profile_schema(), {"unknown": 1})
    assert not is_valid(profile_schema(), {"controls": {"unknown": {}}})
    assert not is_valid(profile_schema(), {"controls": {"privileged": {"unknown": 1}}})


@pytest.mark.parametrize(("word", "right"), [("move", True), ("drop-in", True), ("mvoe", False)])
def test_schema_and_loader_agree_on_the_words_of_an_option(tmp_path: Path, word: str, *, right: bool) -> None:
    data: dict[str, Plain] = {"level": "restricted", "controls": {"low-ports": {"ports": word}}}
    assert is_valid(profile_schema(), data) is right
    assert is_loaded(tmp_path, data, config=False) is right


@pytest.mark.parametrize("key", CONFIG_SAMPLES)
def test_schema_and_loader_of_config_agree(tmp_path: Path, key: str) -> None:
    good, bad = CONFIG_SAMPLES[key]
    for value, expected in ((good, True), (bad, False), (None, False)):
        assert is_valid(config_schema(), {key: value}) is expected
        assert is_loaded(tmp_path, {key: value}, config=True) is expected
    assert not is_valid(config_schema(), {"unknown": 1})


def test_shipped_profiles_are_valid() -> None:
    assert shipped_names()
    for name in shipped_names():
        data = YAML(typ="safe").load((data_folder() / f"{name}.yaml").read_text("utf-8"))
        assert is_valid(profile_schema(), data)
        assert data["name"] == name


class TestTheSameNames:
    """harden.yaml and profiles say the same in the same words, and old words are read with a note."""

    def test_keys_that_stand_in_both_mean_the_same(self) -> None:
        config, profile = properties(config_schema()), properties(profile_schema())
        shared = config.keys() & profile.keys()
        assert shared >= {"level", "pss-version", "version", "risk", "platform", "controls", "companions"}
        apart = {key for key in shared if config[key] != profile[key]}
        # Its description says what it is in place of.
        assert apart == {"level"}

    def test_harden_yaml_sets_what_a_profile_sets(self, tmp_path: Path) -> None:
        text = "profile: baseline\nlevel: restricted\ncontrols: {probes: {enabled: true}}\ncompanions: {owns: [shop]}\n"
        config = read_config(Path(write(tmp_path, "harden.yaml", text)))
        profile = load(config.profile or "", overrides=dict(config.overrides), origins=config.origins)
        assert (profile.name, profile.level.value, profile.owns) == ("baseline", "restricted", ("shop",))
        assert profile.controls["probes"].enabled
        assert profile.origins["controls.probes.enabled"] == str(tmp_path / "harden.yaml")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("controls:\n  probe: {}\n", "2: unknown control"),
            ("controls:\n  probes:\n    wrong: true\n", "3: unknown option of probes"),
            ("companions:\n  enabled: 1\n", "2: enabled must be true or false"),
            ("companions: []\n", "1: companions must be a mapping"),
        ],
    )
    def test_what_is_wrong_is_placed(self, tmp_path: Path, text: str, said: str) -> None:
        path = Path(write(tmp_path, "harden.yaml", text))
        with pytest.raises(HardenError) as wrong:
            read_config(path)
        assert str(wrong.value).startswith(f"{path}:{said}")

    @pytest.mark.parametrize(
        ("text", "notes"),
        [
            ("pss-version: v1.30\ncontrols: {rbac: {enabled: false}}\n", []),
            ("version: v1.30\n", ["1: version is now called pss-version"]),
            ("companions:\n  rbac: {enabled: false}\n", ["2: companions.rbac is now called controls.rbac"]),
        ],
    )
    def test_old_names_are_read_with_a_note(self, tmp_path: Path, text: str, notes: list[str]) -> None:
        config = read_config(Path(write(tmp_path, "harden.yaml", text)))
        profile = load(write(tmp_path, "p.yaml", f"extends: restricted\n{text}"))
        for found, lines in ((config.notes, 0), (profile.notes, 1)):
            said = [f"{(note.line or 0) - lines}: {note.message}" for note in found]
            assert [line.partition(";")[0] for line in said] == notes
        assert profile.version == ((1, 30) if "v1.30" in text else None)
        assert profile.controls["rbac"].enabled is ("rbac" not in text)
