"""Rows of public reports: what was written as safe, and stopped the workload, is never an untroubled start here."""

from __future__ import annotations

from typing import Any

import pytest
from start_subjects import Spec, known, one, pod

from harden.images.conditions import Condition
from harden.images.facts import ImageFacts, Need, StrictFile
from harden.model.start import Setback, Start, Topic
from harden.starts import Given, compare, starts

DROP = "capabilities: {drop: [ALL]}"
RO = "readOnlyRootFilesystem: true"


def setbacks(
    before: Spec, after: Spec, images: Any, *objects: dict[str, Any]
) -> list[tuple[Setback, tuple[Topic, ...]]]:
    given = Given(objects)
    return [
        (each.setback, each.topics) for each in compare(starts(before, images, given), starts(after, images, given))
    ]


def test_php_fpm_stays_root_without_the_capabilities_to_change_the_user() -> None:
    images = known(
        php={"default_user": "root", "uid": 33, "gid": 33, "runs_as_nonroot": True, "root_caps": ("SETGID", "SETUID")}
    )
    assert setbacks(one("php"), one("php", f"{{{DROP}}}"), images) == [(Setback.STOPS, ())]
    kept = "{capabilities: {drop: [ALL], add: [SETGID, SETUID]}}"
    assert setbacks(one("php"), one("php", kept), images) == []
    assert setbacks(one("php"), one("php", f"{{runAsUser: 33, {DROP}}}"), images) == []


def config(text: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"app.conf": text}}


def with_config(image: str, security: str = "{}", more: str = "") -> Spec:
    mount = f"volumeMounts: [{{name: conf, mountPath: /etc/app}}]{more and ', '}{more}"
    return one(image, security, mount, "volumes: [{name: conf, configMap: {name: conf}}]")


EXPORTER = {
    "default_user": "nobody",
    "uid": 65534,
    "gid": 65534,
    "user_name": "nobody",
    "runs_as_nonroot": True,
    "writable": (),
    "root_caps": (),
    "when": (Condition("it probes with ICMP", "own.yaml:7", {"root_caps": ("NET_RAW",)}, config=("prober: *icmp",)),),
}


def test_an_exporter_that_probes_with_icmp() -> None:
    images = known(blackbox={**EXPORTER, "default_user": "root"})
    after = with_config("blackbox", f"{{runAsUser: 65534, {DROP}}}")
    (found,) = setbacks(with_config("blackbox"), after, images, config("prober: icmp\n"))
    assert (found[0], Topic.CAPABILITIES in found[1]) == (Setback.LOSES, True)
    assert setbacks(with_config("blackbox"), after, images, config("prober: http\n")) == []
    # What is mounted is not in sight: it may be ICMP.
    (found,) = setbacks(with_config("blackbox"), after, images)
    assert found[0] is Setback.LOSES


NGINX = {
    "default_user": "root",
    "uid": 101,
    "gid": 101,
    "user_name": "nginx",
    "runs_as_nonroot": True,
    "stays_root": True,
    "writable": ("/var/cache/nginx", "/var/run", "/tmp"),  # noqa: S108
    "nonroot_needs": (Need.WRITABLE,),
    "root_caps": ("CHOWN", "SETGID", "SETUID"),
    "config_writes": (r"\b(?:access_log|error_log|proxy_cache_path)\s+(/[^\s;]+)",),
}


@pytest.mark.parametrize(
    ("text", "worse"),
    [
        ("access_log /var/log/nginx/shop.log;\n", True),
        ("proxy_cache_path /data/cache keys_zone=a:1m;\n", True),
        ("proxy_cache_path /var/cache/nginx/a keys_zone=a:1m;\n", False),
        ("root /var/www/shop;\n", False),
    ],
)
def test_nginx_with_a_configuration_of_ones_own(text: str, worse: bool) -> None:  # noqa: FBT001
    images = known(nginx=NGINX)
    after = with_config("nginx", "{runAsUser: 101}")
    for path in ("/var/cache/nginx", "/var/run"):
        after["containers"][0]["volumeMounts"].append({"name": path.rpartition("/")[2], "mountPath": path})
        after["volumes"].append({"name": path.rpartition("/")[2], "emptyDir": {}})
    found = setbacks(with_config("nginx"), after, images, config(text))
    assert found == ([(Setback.LOSES, (Topic.WRITES,))] if worse else [])


def test_haproxy_with_chroot() -> None:
    images = known(haproxy={**EXPORTER, "default_user": "root", "when": ()})
    after = with_config("haproxy", f"{{runAsUser: 65534, {DROP}}}")
    assert setbacks(with_config("haproxy"), after, images, config("global\n  chroot /etc/x\n")) == [
        (Setback.LOSES, (Topic.CAPABILITIES,))
    ]
    assert setbacks(with_config("haproxy"), after, images, config("global\n  maxconn 5\n")) == []


def test_a_doubt_about_the_tag_hides_no_other_one() -> None:
    """Where a container leans on facts of other tags already, what leans on more of them is no less of a doubt."""
    stated = {
        "default_user": "472",
        "uid": 472,
        "gid": 0,
        "runs_as_nonroot": True,
        "root_caps": (),
        "ports": (80,),
        "writable": (),
    }
    images = known(grafana={**stated, "reaches_tag": False, "read_for": ("10.*",), "outside": frozenset(stated)})
    before, after = (one("grafana:5.0.4", f"{{runAsUser: 472{more}}}") for more in ("", f", {RO}"))
    assert any(Topic.TAG in {doubt.topic for doubt in each.doubts} for each in starts(before, images))
    assert [topics for _, topics in setbacks(before, after, images)] == [(Topic.TAG,)]


def test_a_setting_that_needs_root_in_an_image_with_a_user_of_its_own() -> None:
    """From 2.4 on haproxy has a user of its own, who may not chroot: it does not start as it is shipped."""
    chroot = Condition(
        "it has chroot",
        "own.yaml:9",
        {"runs_as_nonroot": False, "root_reason": "its configuration has chroot"},
        config=("chroot",),
    )
    images = known(haproxy={**EXPORTER, "default_user": "99", "uid": 99, "gid": 99, "when": (chroot,)})
    given = Given((config("global\n  chroot /etc/x\n"),))
    (found,) = starts(with_config("haproxy"), images, given)
    assert (found.verdict, found.reason) == (
        Start.UNKNOWN,
        "haproxy may not start as its own user, because its configuration has chroot",
    )
    (plain,) = starts(with_config("haproxy"), images, Given((config("global\n  maxconn 5\n"),)))
    assert plain.verdict is Start.YES
    (root,) = starts(with_config("haproxy", "{runAsUser: 0}"), images, given)
    assert "may not start as its own user" not in root.reason


def test_facts_of_another_tag_carry_nothing() -> None:
    stated = {"default_user": "root", "uid": 472, "gid": 0, "runs_as_nonroot": True, "root_caps": (), "writable": ()}
    images = known(grafana={**stated, "reaches_tag": False, "read_for": ("10.*",), "outside": frozenset(stated)})
    after = one("grafana:5.0.4", f"{{runAsNonRoot: true, runAsUser: 472, {DROP}, {RO}}}")
    assert setbacks(one("grafana:5.0.4"), after, images) == [(Setback.LOSES, (Topic.TAG,))]
    assert setbacks(one("grafana:5.0.4"), after, known(grafana=stated)) == []


def test_a_variable_or_an_argument_that_changes_where_a_program_writes() -> None:
    pgadmin = {
        "default_user": "5050",
        "uid": 5050,
        "runs_as_nonroot": True,
        "writable": (),
        "when": (
            Condition(
                "it writes its configuration",
                "own.yaml:3",
                {"writable": ("/pgadmin4",)},
                env={"PGADMIN_CUSTOM_CONFIG_DISTRO_FILE": None},
            ),
        ),
    }
    moved = "env: [{name: PGADMIN_CUSTOM_CONFIG_DISTRO_FILE, value: /tmp/x}]"
    images = known(pgadmin4=pgadmin)
    assert setbacks(one("pgadmin4"), one("pgadmin4", f"{{{RO}}}"), images) == [(Setback.LOSES, (Topic.WRITES,))]
    assert setbacks(one("pgadmin4", "{}", moved), one("pgadmin4", f"{{{RO}}}", moved), images) == []


def test_a_program_with_file_capabilities_loses_them() -> None:
    images = known(pgadmin4={**EXPORTER, "when": (), "file_caps": ("NET_BIND_SERVICE",)})
    assert setbacks(one("pgadmin4"), one("pgadmin4", f"{{{DROP}}}"), images) == [(Setback.STOPS, ())]


RABBIT = {
    "default_user": "root",
    "uid": 999,
    "gid": 999,
    "runs_as_nonroot": True,
    "volumes": ("/var/lib/rabbitmq",),
    "strict_files": (StrictFile("**/.erlang.cookie", "0600"),),
}


def claim(image: str, path: str, of_pod: str = "") -> Spec:
    mount = f"volumeMounts: [{{name: d, mountPath: {path}}}]"
    volumes = "volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]"
    return one(image, "{}", mount, f"{volumes}{of_pod and ', securityContext: '}{of_pod}")


ONCE = {"kind": "PersistentVolumeClaim", "metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
MANY = {"kind": "PersistentVolumeClaim", "metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteMany"]}}
USER = "{runAsUser: 999, fsGroup: 999, fsGroupChangePolicy: OnRootMismatch}"


def test_the_cookie_of_rabbitmq_on_a_claim_that_was_used() -> None:
    images = known(rabbitmq=RABBIT)
    before, after = claim("rabbitmq", "/var/lib/rabbitmq"), claim("rabbitmq", "/var/lib/rabbitmq", USER)
    assert setbacks(before, after, images, ONCE) == [(Setback.LOSES, (Topic.MODES,))]
    plain = known(rabbitmq={**RABBIT, "strict_files": ()})
    assert setbacks(before, after, plain, ONCE) == []


@pytest.mark.parametrize("backing", ["nfs", "hostPath"])
def test_a_shared_volume_keeps_its_owners(backing: str) -> None:
    images = known(wordpress={**RABBIT, "strict_files": ()})
    volume = {
        "kind": "PersistentVolume",
        "metadata": {"name": "p"},
        "spec": {backing: {}, "accessModes": ["ReadWriteOnce"], "claimRef": {"name": "d"}},
    }
    before, after = claim("wordpress", "/var/www"), claim("wordpress", "/var/www", USER)
    assert setbacks(before, after, images, ONCE, volume) == [(Setback.LOSES, (Topic.OWNERS,))]
    assert setbacks(before, after, images, MANY) == [(Setback.LOSES, (Topic.OWNERS,))]
    assert setbacks(before, after, images, ONCE) == []


def test_images_that_change_the_user_themselves() -> None:
    env = "env: [{name: PUID, value: '1000'}, {name: PGID, value: '1000'}]"
    before, after = one("mystery", "{}", env), one("mystery", "{runAsUser: 1000}", env)
    (found,) = setbacks(before, after, lambda _: None)
    assert found == (Setback.DEPENDS, (Topic.USER,))


def test_a_log_collector_that_stays_root_over_the_files_of_the_node() -> None:
    images = known(fluentbit={"default_user": "root", "root_caps": (), "host_access": "reads the logs of the node"})
    mount, volume = "volumeMounts: [{name: l, mountPath: /var/log}]", "volumes: [{name: l, hostPath: {path: /var/log}}]"
    before, after = one("fluentbit", "{}", mount, volume), one("fluentbit", f"{{{DROP}}}", mount, volume)
    assert setbacks(before, after, images) == [(Setback.LOSES, (Topic.OWNERS,))]
    user = one("fluentbit", "{runAsUser: 1000}", mount, volume)
    assert setbacks(before, user, images)[0][0] is Setback.LOSES


def test_services_that_nobody_described_are_refused_or_not() -> None:
    before, after = one("shop/cart"), one("shop/cart", "{runAsNonRoot: true}")
    assert setbacks(before, after, lambda _: None) == [(Setback.DEPENDS, (Topic.USER,))]
    root = known(cart={"default_user": "root"})
    assert setbacks(before, after, root) == [(Setback.STOPS, ())]
    number = known(cart={"default_user": "1000"})
    assert setbacks(before, after, number) == []


def test_what_somebody_wrote_and_does_not_start_is_found() -> None:
    images = known(nginx=NGINX, prometheus={**EXPORTER, "when": ()})
    for image in ("nginx", "prometheus"):
        (found,) = starts(one(image, "{runAsNonRoot: true}"), images)
        assert (found.verdict, found.reason.startswith("the kubelet refuses runAsNonRoot")) == (Start.NO, True)


def test_a_helper_that_prepares_files_for_another_container() -> None:
    def look_up(image: str) -> ImageFacts | None:
        return known(app={**RABBIT, "strict_files": ()}, busybox={"default_user": "root", "root_caps": ()})(image)

    def spec(security: str) -> Spec:
        return pod(
            "{initContainers: [{name: prepare, image: busybox, command: [chown, '999', /d], "
            f"securityContext: {{{security}}}, volumeMounts: [{{name: d, mountPath: /d}}]}}], "
            "containers: [{name: app, image: app, securityContext: {runAsUser: 999}, "
            "volumeMounts: [{name: d, mountPath: /data}]}], "
            "volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]}"
        )

    assert [start.verdict for start in starts(spec(""), look_up)] == [Start.YES, Start.YES]
    assert setbacks(spec(""), spec(DROP), look_up) == [(Setback.STOPS, ()), (Setback.LOSES, (Topic.OWNERS,))]
