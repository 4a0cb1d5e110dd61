"""A value of any type at any place is told, or fixed around; it never stops a run."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from harden.engine.check import known_image
from harden.engine.run import harden
from harden.generated import GeneratedObjects, GenerateOptions, bundle_controls
from harden.model.report import Mode, Stage
from harden.model.text import Path
from harden.settings import load

BUNDLE = """
- apiVersion: v1
  kind: Pod
  metadata: {name: w, namespace: n, labels: {app: w}, annotations: {prometheus.io/port: "80"}}
  spec:
    serviceAccountName: a
    securityContext: {runAsUser: 0, supplementalGroups: [0], sysctls: [{name: kernel.x}], seccompProfile: {type: U}}
    initContainers: [{name: i, image: busybox, command: [sh, -c, "chown -R 1:1 /d"], volumeMounts: [{name: d}]}]
    containers:
    - name: w
      image: nginx:1.27
      env: [{name: PORT, value: "80"}]
      ports: [{containerPort: 80, hostPort: 80, name: http}]
      livenessProbe: {httpGet: {port: 80, host: x}}
      resources: {requests: {cpu: 1}, limits: {memory: 2Gi}}
      securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN], drop: [x]}}
      volumeMounts: [{name: d, mountPath: /d, subPath: x, mountPropagation: Bidirectional}]
    - {name: r, image: "redis:7", envFrom: [{secretRef: {name: k}}], volumeMounts: [{name: c, mountPath: /c}]}
    volumes:
    - {name: c, configMap: {name: c, items: [{key: redis.conf}]}}
    - {name: d, secret: {defaultMode: 256, items: [{mode: 1}]}}
    - {name: m, emptyDir: {medium: Memory}}
- apiVersion: v1
  kind: Service
  metadata: {name: s, namespace: n}
  spec: {type: ClusterIP, selector: {app: w}, ports: [{port: 80, targetPort: 80, protocol: TCP}]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: r, namespace: n}
  roleRef: {kind: Role, name: x}
  subjects: [{kind: ServiceAccount, name: a, namespace: n}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: x, namespace: n}
  rules: [{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [a]}]
- apiVersion: v1
  kind: LimitRange
  metadata: {name: l, namespace: n}
  spec: {limits: [{type: Container, default: {cpu: 1}, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 2}}]}
"""
WRONG: list[Any] = [{}, {"a": "b"}, [], [{}], ["x"], 0, 1.5, True, "x", None]


def places(value: object, at: Path = ()) -> Iterator[Path]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in pairs:
        yield (*at, step)
        yield from places(below, (*at, step))


def written(objects: list[Any]) -> bytes:
    return "\n---\n".join(json.dumps(each) for each in objects).encode()


def run_over(objects: list[Any], path: Path, value: object) -> None:
    """Put a value at a place, run, and see that harden's net has caught nothing."""
    objects = copy.deepcopy(objects)
    inner: Any = objects
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    profile = load("hardened", overrides={"risk": "breaking"})
    emitter = GeneratedObjects(
        GenerateOptions(profile.options, bundle_controls(profile), owns=("n",)), profile, images=known_image
    )
    reports = list(harden([("-", written(objects))], profile, Mode.CHECK, emitter=emitter))
    failed = [each.message for report in reports for each in report.problems if each.stage is Stage.VERIFY]
    assert failed == [], (path, value)
    assert reports[-1].name == "-"


def bundle_and_places() -> tuple[list[Any], list[Path]]:
    bundle = YAML(typ="safe").load(BUNDLE)
    return bundle, [path for path in places(bundle) if len(path) > 1 and path[1] not in ("apiVersion", "kind")]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_stops_a_run(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    bundle, known = bundle_and_places()
    for path in dice.sample(known, 8):
        run_over(bundle, path, dice.choice(WRONG))


@pytest.mark.parametrize("part", range(4))
def test_a_mapping_anywhere_stops_no_run(part: int) -> None:
    bundle, known = bundle_and_places()
    for path in known[part::4]:
        run_over(bundle, path, {"a": "b"})


#: Files that say something of one another, each with one object.
TOGETHER = """
kustomization.yaml:
  apiVersion: kustomize.config.k8s.io/v1beta1
  kind: Kustomization
  namespace: n
  namePrefix: a-
  resources: [web.yaml, spark.yaml, binding.yaml, settings.yaml]
  components: [part]
  patches: [{path: job.yaml, target: {kind: Job, name: j}}, {patch: "[]"}]
  patchesStrategicMerge: [other.yaml]
  patchesJson6902: [{path: p.yaml, target: {kind: Pod, name: w}}]
  commonLabels: {a: b}
  labels: [{pairs: {c: d}, includeSelectors: true, fields: [{path: x}]}]
  commonAnnotations: {a: b}
  images: [{name: nginx, newName: x, newTag: "2", digest: y}]
  replicas: [{name: w, count: 2}]
  configMapGenerator: [{name: g, literals: [A=b], files: [x], envs: [y], behavior: merge, options: {labels: {a: b}}}]
  secretGenerator: [{name: h, literals: [A=b]}]
  generatorOptions: {disableNameSuffixHash: true}
  vars: [{name: V, objref: {kind: Service, name: s, apiVersion: v1}, fieldref: {fieldpath: metadata.name}}]
  replacements: [{source: {kind: Pod, name: w, fieldPath: x}, targets: [{select: {kind: Pod}, fieldPaths: [y]}]}]
  helmCharts: [{name: c}]
  transformers: [t.yaml]
  configurations: [c.yaml]
web.yaml:
  apiVersion: v1
  kind: Pod
  metadata: {name: w, labels: {app: w}}
  spec:
    containers:
    - {name: w, image: nginx, envFrom: [{configMapRef: {name: g}}], volumeMounts: [{name: c, mountPath: /c}]}
    volumes: [{name: c, configMap: {name: settings, items: [{key: password, path: p}]}}]
settings.yaml:
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings}
  data: {password: correct-horse-battery}
job.yaml:
  apiVersion: batch/v1
  kind: Job
  metadata: {name: j}
  spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: nginx}]}}}
spark.yaml:
  apiVersion: sparkoperator.k8s.io/v1beta2
  kind: SparkApplication
  metadata: {name: s}
  spec:
    image: x
    volumes: [{name: v, hostPath: {path: /}}]
    driver: {volumeMounts: [{name: v, mountPath: /v}], sidecars: [{name: s, image: y}]}
binding.yaml:
  apiVersion: servicebinding.io/v1
  kind: ServiceBinding
  metadata: {name: b, namespace: n}
  spec: {workload: {apiVersion: v1, kind: Pod, name: w, selector: {matchLabels: {app: w}}}, service: {name: x}}
"""


@pytest.mark.parametrize("value", [{"a": "b"}, []], ids=repr)
def test_a_value_of_another_type_stops_no_run_of_files_that_belong_together(value: object) -> None:
    files = YAML(typ="safe").load(TOGETHER)
    for path in places(files):
        if len(path) == 1:
            continue
        changed = copy.deepcopy(files)
        inner: Any = changed
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        inputs = [(name, json.dumps(each).encode()) for name, each in changed.items()]
        profile = load("hardened")
        options = GenerateOptions(profile.options, bundle_controls(profile), owns=("n",))
        emitter = GeneratedObjects(options, profile, images=known_image)
        reports = list(harden(inputs, profile, Mode.CHECK, emitter=emitter))
        failed = [each.message for report in reports for each in report.problems if each.stage is Stage.VERIFY]
        assert failed == [], (path, value)
