"""Reading what recommenders say: krr's JSON, plain CSV, and files that are neither."""

from __future__ import annotations

import json

import pytest

from harden.errors import HardenError
from harden.kube.quantity import NANO
from harden.usage import Usage, read_usage

MI = 2**20 * NANO
HEAD = "namespace,workload,container"


def krr(*scans: object) -> bytes:
    return json.dumps({"scans": scans, "score": 50, "strategy": {"name": "simple"}}, indent=2).encode()


def scan(container: str, requests: object, limits: object = None, *, name: str = "web", cluster: str = "c") -> object:
    """Return one scan in the shape of krr 1.x (core/models/result.py)."""
    return {
        "object": {"cluster": cluster, "name": name, "container": container, "namespace": "shop", "kind": "Deployment"},
        "recommended": {"requests": requests, "limits": limits or {}, "info": {"cpu": None, "memory": None}},
        "severity": "CRITICAL",
    }


def values(cpu: object, memory: object) -> object:
    return {"cpu": {"value": cpu, "severity": "OK"}, "memory": {"value": memory, "severity": "OK"}}


def row(usage: Usage, container: str = "app") -> tuple[dict[str, int], dict[str, int]]:
    found = usage.of("shop", "web", container)
    assert found is not None
    return dict(found.requests), dict(found.limits)


def test_krr_gives_cores_and_bytes() -> None:
    usage = read_usage(krr(scan("app", values(0.0125, 104857600.0), values(None, 209715200))), "krr.json")
    assert row(usage) == ({"cpu": 12_500_000, "memory": 100 * MI}, {"memory": 200 * MI})


def test_krr_says_what_it_does_not_know() -> None:
    usage = read_usage(krr(scan("app", values("?", 1e8), values("?", None)), scan("b", values("?", "?"))), "krr.json")
    assert row(usage) == ({"memory": 10**8 * NANO}, {})
    assert usage.of("shop", "web", "b") is None


def test_the_log_in_front_of_krrs_json_is_passed_over() -> None:
    data = b"\n[INFO] Using clusters: ['c']\nCalculating {cpu} 100%\n" + krr(scan("app", values(1, 1024)))
    assert row(read_usage(data, "krr.json"))[0] == {"cpu": NANO, "memory": 1024 * NANO}


def test_the_most_of_several_clusters_counts() -> None:
    scans = (scan("app", values(1, 100)), scan("app", values(0.5, 300), cluster="d"))
    assert row(read_usage(krr(*scans), "krr.json"))[0] == {"cpu": NANO, "memory": 300 * NANO}


def test_csv_takes_percentiles_for_requests_and_the_highest_memory_for_the_limit() -> None:
    text = f"{HEAD},cpu_p50,cpu_p95,memory_p99,memory_max\nshop,web,app,10m,0.1,64Mi,134217728\n"
    assert row(read_usage(text.encode(), "u.csv")) == ({"cpu": 10**8, "memory": 64 * MI}, {"memory": 128 * MI})


def test_csv_columns_stand_in_any_order_and_others_are_passed_over() -> None:
    text = "\ufeffMemory,Container,pods,Workload,CPU,Namespace\r\n64Mi,app,3,web,,shop\r\n\r\n"
    assert row(read_usage(text.encode(), "u.csv")) == ({"memory": 64 * MI}, {"memory": 64 * MI})


def test_csv_without_a_percentile_takes_the_maximum() -> None:
    text = f"{HEAD},cpu_max,cpu_p90,memory\nshop,web,app,2,,32Mi\n"
    assert row(read_usage(text.encode(), "u.csv"))[0] == {"cpu": 2 * NANO, "memory": 32 * MI}


def test_without_a_namespace_the_most_of_all_counts() -> None:
    text = f"{HEAD},cpu\na,web,app,1\nb,web,app,2\nb,api,app,9\n"
    found = read_usage(text.encode(), "u.csv").of(None, "web", "app")
    assert found is not None
    assert dict(found.requests) == {"cpu": 2 * NANO}
    assert read_usage(text.encode(), "u.csv").of(None, "db", "app") is None


REFUSED = {
    "nothing": (b"", "u:1: the header needs one column namespace and one workload and one container"),
    "bytes": (b"\xff\xfe", "u: not valid UTF-8"),
    "broken JSON": (b'{"scans": [', "u: no valid JSON: "),
    "other JSON": (b'{"items": []}', 'u: no list "scans" in it'),
    "a scan without names": (krr({"object": {"name": "a"}}), "u: scans[0].object needs namespace, name and container"),
    "an empty scan": (krr(), "u: it states the usage of no container"),
    "a CSV without amounts": (f"{HEAD}\nshop,web,app\n".encode(), "u:1: the header has no column that begins with"),
    "a CSV without rows": (f"{HEAD},cpu\n".encode(), "u: it states the usage of no container"),
    "two columns of one name": (f"{HEAD},container,cpu\n".encode(), "u:1: the header needs one column container"),
    "a short row": (f"{HEAD},cpu\nshop,web,app\n".encode(), "u:2: 3 cells under 4 columns"),
    "an empty name": (
        f"{HEAD},cpu\nshop,,app,1\n".encode(),
        "u:2: namespace, workload and container must not be empty",
    ),
    "no amount": (f"{HEAD},cpu\n\nshop,web,app,some\n".encode(), 'u:3: "some" under cpu is no amount such as 250m'),
    "krr's CSV": (
        b"Namespace,Name,Pods,Old Pods,Type,Container,CPU Diff,CPU Requests\nshop,web,1,0,Deployment,app,,50m -> 6m\n",
        "u: this CSV of krr is made for people: use `krr simple -f json`",
    ),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(HardenError) as refused:
        read_usage(data, "u")
    assert str(refused.value).startswith(message)
