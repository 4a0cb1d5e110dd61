"""Names kinds in which no template stands: whose operators make the pods, or apply what stands elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

_BOTH = "set spec.podSecurityContext and spec.securityContext by hand"
_LAID = "set the security contexts in its {} by hand: what the operator sets there hangs on the version of its product"
_VERTEX = "set securityContext and containerTemplate.securityContext by hand"
_REDIS = "set securityContext and containerSecurityContext of spec.redis and spec.sentinel by hand"

#: By API group: the kinds, and what to do. Each from the type definitions of its project: elastic/cloud-on-k8s v3.5.0,
#: open-telemetry/opentelemetry-operator v0.158.0 (a sidecar is in pods of others), jaegertracing/jaeger-operator
#: v1.65.0, VictoriaMetrics/operator v0.74.1, zalando/postgres-operator v2.0.1, OT-CONTAINER-KIT/redis-operator v0.26.0,
#: spotahome/redis-operator 3.3.0, percona/percona-xtradb-cluster-operator v1.19.0, alexandrevilain/temporal-operator
#: v0.22.0, numaproj/numaflow v1.8.3, mongodb/mongodb-kubernetes-operator v0.13.0 (a pod's securityContext there takes
#: the place of the operator's as a whole).
_OPERATED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "elasticsearch.k8s.elastic.co": (("Elasticsearch",), _LAID.format("nodeSets[].podTemplate")),
    "kibana.k8s.elastic.co": (("Kibana",), _LAID.format("podTemplate")),
    "apm.k8s.elastic.co": (("ApmServer",), _LAID.format("podTemplate")),
    "beat.k8s.elastic.co": (("Beat",), _LAID.format("podTemplate")),
    "agent.k8s.elastic.co": (("Agent",), _LAID.format("podTemplate")),
    "logstash.k8s.elastic.co": (("Logstash",), _LAID.format("podTemplate")),
    "enterprisesearch.k8s.elastic.co": (("EnterpriseSearch",), _LAID.format("podTemplate")),
    "maps.k8s.elastic.co": (("ElasticMapsServer",), _LAID.format("podTemplate")),
    "packageregistry.k8s.elastic.co": (("PackageRegistry",), _LAID.format("podTemplate")),
    "opentelemetry.io": (("OpenTelemetryCollector", "TargetAllocator", "OpAMPBridge"), _BOTH),
    "jaegertracing.io": (("Jaeger",), "set spec.securityContext and spec.containerSecurityContext by hand"),
    "operator.victoriametrics.com": (
        (
            *("VMAgent", "VMAlert", "VMAlertmanager", "VMAuth", "VMSingle", "VLSingle", "VLogs", "VTSingle"),
            *("VMCluster", "VLCluster", "VTCluster", "VMAnomaly", "VLAgent"),
        ),
        "set securityContext by hand: it holds fields of the pod and of its containers",
    ),
    "acid.zalan.do": (("postgresql",), "set spec.spiloRunAsUser and spec.spiloFSGroup by hand"),
    "redis.redis.opstreelabs.in": (("Redis", "RedisCluster", "RedisReplication", "RedisSentinel"), _BOTH),
    "databases.spotahome.com": (("RedisFailover",), _REDIS),
    "pxc.percona.com": (
        ("PerconaXtraDBCluster",),
        "set podSecurityContext and containerSecurityContext of spec.pxc, spec.haproxy and spec.proxysql by hand",
    ),
    "temporal.io": (("TemporalCluster",), "set the security contexts in spec.services.overrides by hand"),
    "numaflow.numaproj.io": (("Pipeline", "MonoVertex", "InterStepBufferService", "ServingPipeline"), _VERTEX),
    "mongodbcommunity.mongodb.com": (
        ("MongoDBCommunity",),
        "set the security contexts in spec.statefulSet.spec.template by hand",
    ),
}

#: The groups and the names of these kinds.
OPERATED_GROUPS = tuple(_OPERATED)
OPERATED_NAMES = tuple(sorted({kind for kinds, _ in _OPERATED.values() for kind in kinds}))


def operated(group: str, kind: str) -> str | None:
    """Return what to do about the pods of a kind, None for one that is not listed."""
    kinds, hint = _OPERATED.get(group, ((), ""))
    return hint if kind in kinds else None


#: By API group: the kinds by which a controller applies what stands elsewhere, in a repository, a chart, a package or a
#: ConfigMap, and who that is. Each from the reference of its project.
_DEPLOYERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "kappctrl.k14s.io": (("App",), "kapp-controller"),
    "packaging.carvel.dev": (("PackageInstall",), "kapp-controller"),
    "fleet.cattle.io": (("Bundle", "GitRepo", "HelmOp"), "Fleet"),
    "helm.cattle.io": (("HelmChartConfig",), "K3s"),
    "helm.fluxcd.io": (("HelmRelease",), "Flux"),
    "fluxcd.controlplane.io": (("FluxInstance", "ResourceSet"), "the operator of Flux"),
    "addons.cluster.x-k8s.io": (("ClusterResourceSet", "HelmChartProxy"), "Cluster API"),
    "operators.coreos.com": (("CatalogSource", "Subscription"), "the Operator Lifecycle Manager"),
    "olm.operatorframework.io": (("ClusterExtension",), "the Operator Lifecycle Manager"),
    "helm.crossplane.io": (("Release",), "Crossplane"),
    "helm.m.crossplane.io": (("Release",), "Crossplane"),
    "pkg.crossplane.io": (("Configuration", "Function", "Provider"), "Crossplane"),
    "configsync.gke.io": (("RepoSync", "RootSync"), "Config Sync"),
    "core.oam.dev": (("Application",), "KubeVela"),
    "config.projectsveltos.io": (("ClusterProfile", "Profile"), "Sveltos"),
    "apps.open-cluster-management.io": (("HelmRelease", "Subscription"), "Open Cluster Management"),
    "pulumi.com": (("Program", "Stack"), "the operator of Pulumi"),
}

#: The groups and the names of these kinds, some of which are common words.
DEPLOYING_GROUPS = tuple(_DEPLOYERS)
DEPLOYING_NAMES = tuple(sorted({kind for kinds, _ in _DEPLOYERS.values() for kind in kinds}))


def deployer(group: str, kind: str) -> str | None:
    """Return who applies what an object of a kind names, None for a kind that is not listed."""
    kinds, who = _DEPLOYERS.get(group, ((), ""))
    return who if kind in kinds else None
