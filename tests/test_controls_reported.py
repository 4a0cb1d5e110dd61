"""The controls that only report: what they say, what they leave alone, and that they never change anything."""

from __future__ import annotations

import pytest
from control_subjects import CONTROLS, Document, document, said, spec, workload

from harden.controls import Context
from harden.kube.bundle import Bundle, gather
from harden.model.finding import Finding, Level, NoFix
from harden.model.text import Plain, dotted

REPORTED = (
    "default-namespace",
    "host-aliases",
    "image-tag",
    "probes",
    "secret-sub-path",
    "share-process-namespace",
)
DIGEST = "sha256:" + "0" * 64
PROBE = "{httpGet: {port: 80}}"


def judge(
    control: str, pod: str, *, kind: str = "Deployment", bundle: Bundle | None = None, **options: Plain
) -> tuple[Finding, ...]:
    context = Context(Level.RESTRICTED, (1, 37), options, bundle=bundle or Bundle((), ()))
    return CONTROLS[control].run(workload(document(spec(pod), kind=kind)), context)


MUST_SAY = {
    "standard input": ("interactive-terminal", "initContainers: [{name: a, stdin: true}]", "initContainers[0].stdin"),
    "an SSH server": (
        "ssh-port",
        "containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 22}]}]",
        "containers[0].ports[1].containerPort",
    ),
    "sudo behind a wrapper": (
        "sudo-command",
        "containers: [{name: a, command: [tini, --, sudo, x]}]",
        "containers[0].command",
    ),
    "sudo in a script of arguments": (
        "sudo-command",
        "containers: [{name: a, command: [sh, -c], args: ['cd / && /usr/bin/sudo x']}]",
        "containers[0].args",
    ),
    "an older registry": (
        "image-registry",
        "containers: [{name: a, image: gcr.io/google_containers/pause}]",
        "containers[0].image",
    ),
    "an alias": ("host-aliases", "hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]", "hostAliases"),
    "shared processes": ("share-process-namespace", "shareProcessNamespace: true", "shareProcessNamespace"),
    "a piece of a Secret": (
        "secret-sub-path",
        """
        containers: [{name: a, volumeMounts: [{name: v, mountPath: /k}, {name: v, mountPath: /c, subPath: c}]}]
        volumes: [{name: v, secret: {secretName: s}}]
        """,
        "containers[0].volumeMounts[1].subPath",
    ),
    "a computed piece of a projected Secret, in an init container": (
        "secret-sub-path",
        """
        initContainers: [{name: a, volumeMounts: [{name: v, mountPath: /c, subPathExpr: $(POD)}]}]
        volumes: [{name: v, projected: {sources: [{configMap: {name: c}}, {secret: {name: s}}]}}]
        """,
        "initContainers[0].volumeMounts[0].subPathExpr",
    ),
    "no tag": ("image-tag", "containers: [{name: a, image: nginx}]", "containers[0].image"),
    "no tag behind a port": ("image-tag", "containers: [{name: a, image: 'r:5000/nginx'}]", "containers[0].image"),
    "latest": ("image-tag", f"containers: [{{name: a, image: 'nginx:latest', livenessProbe: {PROBE}}}]", None),
    "a moving tag in capitals": ("image-tag", "containers: [{name: a, image: 'nginx:Stable'}]", None),
    "a version": ("image-tag", "containers: [{name: a, image: 'nginx:1.27'}]", None),
    "no probes": ("probes", "containers: [{name: a, ports: [{containerPort: 80}]}]", "containers[0]"),
    "no liveness probe": ("probes", "containers: [{name: a}]", "containers[0]"),
    "no readiness probe": (
        "probes",
        f"containers: [{{name: a, livenessProbe: {PROBE}, ports: [{{containerPort: 80}}]}}]",
        "containers[0]",
    ),
}


@pytest.mark.parametrize(("control", "pod", "place"), MUST_SAY.values(), ids=MUST_SAY)
def test_what_is_reported_and_where(control: str, pod: str, place: str | None) -> None:
    found = judge(control, pod)
    assert said(found) == [f"no fix: {place or 'containers[0].image'}"]
    assert all(finding.control == control and finding.message and finding.reason for finding in found)
    assert all(finding.checks == () and isinstance(finding.fix, NoFix) for finding in found)


MUST_NOT_SAY = {
    "no aliases": ("host-aliases", "hostAliases: []"),
    "null aliases": ("host-aliases", "hostAliases: null"),
    "aliases of the wrong type": ("host-aliases", "hostAliases: yes"),
    "processes apart": ("share-process-namespace", "shareProcessNamespace: false"),
    "a word that is not true": ("share-process-namespace", "shareProcessNamespace: 'true'"),
    "a piece of a ConfigMap": (
        "secret-sub-path",
        "{containers: [{name: a, volumeMounts: [{name: v, subPath: c}]}], volumes: [{name: v, configMap: {name: c}}]}",
    ),
    "a whole Secret": (
        "secret-sub-path",
        "{containers: [{name: a, volumeMounts: [{name: v, subPath: ''}]}], volumes: [{name: v, secret: {}}]}",
    ),
    "a digest": ("image-tag", f"containers: [{{name: a, image: 'nginx@{DIGEST}'}}]"),
    "a moving tag with a digest": ("image-tag", f"containers: [{{name: a, image: 'nginx:latest@{DIGEST}'}}]"),
    "a variable": ("image-tag", "containers: [{name: a, image: '${IMAGE}'}]"),
    "no image": ("image-tag", "containers: [{name: a}]"),
    "both probes": (
        "probes",
        f"containers: [{{name: a, ports: [{{}}], livenessProbe: {PROBE}, readinessProbe: {PROBE}}}]",
    ),
    "an init container and a sidecar": (
        "probes",
        "initContainers: [{name: a, ports: [{}]}, {name: b, restartPolicy: Always}]",
    ),
    "a terminal in words": ("interactive-terminal", "containers: [{name: a, tty: 'true', stdin: null}]"),
    "a terminal for a moment": ("interactive-terminal", "ephemeralContainers: [{name: a, tty: true}]"),
    "another port": ("ssh-port", "containers: [{name: a, ports: [{containerPort: 2222}, {hostPort: 22}]}]"),
    "port 22 of another protocol or type": (
        "ssh-port",
        "containers: [{name: a, ports: [{containerPort: 22, protocol: UDP}, {containerPort: '22'}, 22]}]",
    ),
    "sudo as an argument": ("sudo-command", "containers: [{name: a, command: [run], args: [sudo, --as, sudo]}]"),
    "sudo in a name": ("sudo-command", "containers: [{name: a, command: [sh, -c, 'pseudo; echo sudo; sudo-less x']}]"),
    "a command of the wrong type": ("sudo-command", "containers: [{name: a, command: sudo, args: [1]}]"),
    "the new field alone": ("service-account-field", "{serviceAccountName: a, serviceAccount: null}"),
    "the old field of the wrong type": ("service-account-field", "serviceAccount: [a]"),
    "a registry that only begins like the old one": (
        "image-registry",
        "containers: [{name: a, image: k8s.gcr.io.test/a}, {name: b, image: test/k8s.gcr.io/b}]",
    ),
    "no name of an image": (
        "image-registry",
        "containers: [{name: a, image: '${REGISTRY}/a'}, {name: b, image: 1}, {name: c}]",
    ),
    "a profile of the pod": (
        "mandatory-access-control",
        "{securityContext: {seLinuxOptions: {}}, containers: [{name: a}]}",
    ),
    "a pod of Windows": ("mandatory-access-control", "{os: {name: windows}, containers: [{name: a}]}"),
    "a pod that ends": ("probes", "{restartPolicy: Never, containers: [{name: a}]}"),
}


@pytest.mark.parametrize(("control", "pod"), MUST_NOT_SAY.values(), ids=MUST_NOT_SAY)
def test_what_is_left_alone(control: str, pod: str) -> None:
    assert judge(control, pod) == ()


@pytest.mark.parametrize("control", REPORTED)
def test_the_control_is_beyond_the_standards_and_off_by_default(control: str) -> None:
    assert CONTROLS[control].checks == ()


def test_a_job_needs_no_probes() -> None:
    assert judge("probes", "containers: [{name: a}]", kind="Job") == ()
    assert len(judge("probes", "containers: [{name: a}]", kind="DaemonSet")) == 1


def test_the_options_take_a_demand_back() -> None:
    assert judge("probes", "containers: [{name: a}]", liveness=False) == ()
    assert judge("image-tag", "containers: [{name: a, image: 'nginx:1.27'}]", digest=False) == ()
    assert len(judge("image-tag", "containers: [{name: a, image: 'nginx:edge'}]", digest=False)) == 1


def test_registries_that_are_allowed_are_whole_parts_of_names() -> None:
    def refused(image: str, *allowed: Plain) -> bool:
        pod = f"containers: [{{name: a, image: '{image}'}}]"
        return judge("image-registry", pod, allowed=list(allowed)) != ()

    assert not refused("nginx", "docker.io")
    assert not refused("nginx", "library")
    assert not refused("index.docker.io/library/nginx", "docker.io")
    assert not refused("r.test:5000/team/a@" + DIGEST, "r.test:5000/team/")
    assert not refused("localhost/a", "localhost")
    assert refused("r.test/team-b/a", "r.test/team")
    assert refused("r.test:5000/a", "r.test")
    assert refused("nginx", "bitnami", "quay.io")


def test_high_numbers_are_asked_for_by_an_option_alone() -> None:
    own = "{name: a, securityContext: {runAsUser: 10000}}"
    pod = f"{{securityContext: {{runAsUser: 999, runAsGroup: 999}}, containers: [{own}]}}"
    assert judge("run-as-user", pod) == ()
    assert judge("run-as-group", pod) == ()
    assert said(judge("run-as-user", pod, minimum=10000)) == ["no fix: sc.runAsUser"]
    assert said(judge("run-as-group", pod, minimum=10000)) == ["no fix: sc.runAsGroup"]
    assert judge("run-as-user", pod, minimum=999) == ()


def test_the_message_names_image_tag_and_policy() -> None:
    def message(image: str, policy: str) -> str:
        (found,) = judge("image-tag", f"containers: [{{name: a, image: '{image}', imagePullPolicy: {policy}}}]")
        return found.message

    assert message("nginx", "Always") == 'image "nginx" of container "a" has no tag, which means latest'
    assert message("nginx:edge", "IfNotPresent").endswith(
        "has a tag that moves, and imagePullPolicy IfNotPresent keeps the build that a node pulled first"
    )
    assert message("nginx:1.27", "Never") == 'image "nginx:1.27" of container "a" has no digest'


def kustomization(entry: Plain) -> Bundle:
    return gather([("kustomization.yaml", 0, {"kind": "Kustomization", "images": [entry]})])


def test_an_image_that_a_kustomization_settles_is_left_alone() -> None:
    pod = "containers: [{name: a, image: 'r.example:5000/app:latest'}]"
    settled = kustomization({"name": "r.example:5000/app", "digest": DIGEST})
    assert judge("image-tag", pod, bundle=settled) == ()
    assert len(judge("image-tag", pod, bundle=kustomization({"name": "other", "newTag": "1"}))) == 1
    assert len(judge("image-tag", pod, bundle=kustomization({"name": "r.example:5000/app"}))) == 1
    assert len(judge("image-tag", pod, bundle=kustomization("app"))) == 1


def in_namespace(namespace: str | None, **options: Plain) -> tuple[Finding, ...]:
    whole: Document = document(spec("containers: [{name: a}]"))
    subject = workload(whole)._replace(namespace=namespace)
    return CONTROLS["default-namespace"].run(subject, Context(Level.RESTRICTED, (1, 37), options))


def test_the_default_namespace_is_reported_only_where_it_is_named() -> None:
    assert [dotted(finding.path) for finding in in_namespace("default")] == ["metadata.namespace"]
    assert in_namespace("shop") == ()
    assert in_namespace(None) == ()
    assert [dotted(finding.path) for finding in in_namespace(None, required=True)] == ["metadata"]
    assert in_namespace("shop", required=True) == ()
