"""Holds the table, the diagrams and the picture of connections before and after, and where the boxes stand."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from companion_bundles import bundle
from network_subjects import policy, service, workload

from harden.companions.network_policy import policies, policy_data
from harden.companions.network_settings import NetworkSettings
from harden.companions.ownership import settle
from harden.network.diagrams import dot, mermaid
from harden.network.drawing import BOX, COLOURS, GROUND, svg
from harden.network.graph import Comparison, Openness, compare
from harden.network.layout import lay_out
from harden.network.page import html
from harden.network.policies import read
from harden.network.table import text

SVG = "{http://www.w3.org/2000/svg}"
SHOP = (
    workload("web", env={"CACHE": "cache:6379"}, ports={"http": 8080}),
    service("web", {"port": 80, "targetPort": 8080}, type="LoadBalancer"),
    workload("cache", ports={"redis": 6379, "metrics": 9121}),
    service("cache", 6379),
    workload("job", env={"CACHE": "cache:6379"}),
)


def compared(*objects: Mapping[str, Any]) -> Comparison:
    held = bundle(*objects)
    return compare(held, map(read, policy_data(held, settle(held, ["default"]), NetworkSettings())))


def test_the_table() -> None:
    assert text(compared(*SHOP)) == (
        "TO                PORT  FROM             BEFORE  AFTER   WHY\n"
        "Deployment web    8080  anywhere         open    open    Service web has type LoadBalancer\n"
        "Deployment cache  6379  (everybody)      open    closed\n"
        "Deployment cache  6379  Deployment web   open    open    env CACHE names Service cache\n"
        "Deployment cache  6379  Deployment job   open    open    env CACHE names Service cache\n"
        "Deployment cache  9121  (everybody)      open    closed\n"
        "Deployment cache  9121  (its namespace)  open    open\n"
        "\n"
        "workloads: 3, connections between them that are shown: 2\n"
        "possible between them on known ports: 9 before, 8 after\n"
        "ports that everybody reaches: 3 before, 1 after\n"
        "nothing that is shown is cut\n"
    )


def test_what_is_cut_is_said() -> None:
    held = bundle(*SHOP)
    deny = read(policy("deny", {"podSelector": {"matchLabels": {"app": "cache"}}}))
    found = compare(held, [deny])
    assert [(edge.target.name, edge.port) for edge in found.cut] == [("cache", "6379"), ("cache", "6379")]
    assert "shown and cut: 2" in text(found)
    assert [node.after for node in found.nodes] == [Openness.ANYWHERE, Openness.NOBODY, Openness.NOBODY]
    assert "6379 cut" in mermaid(found)
    assert "style=dashed" in dot(found)
    assert svg(found).count("(cut)") == 2


def test_what_was_closed_before_is_not_new() -> None:
    own = policy("deny", {"podSelector": {"matchLabels": {"app": "cache"}}})
    found = compared(*SHOP, own)
    assert found.cut == ()
    assert "shown, but closed before already: 2" in text(found)


def test_mermaid() -> None:
    assert mermaid(compared(*SHOP)) == (
        "flowchart LR\n"
        '  n0["Deployment web - open to everybody"]\n'
        '  n1["Deployment cache - open to its namespace"]\n'
        '  n2["Deployment job - open to nobody"]\n'
        '  n3(["anywhere"])\n'
        "  n3 -->|8080| n0\n"
        "  n0 -->|6379| n1\n"
        "  n2 -->|6379| n1\n"
    )


def test_dot() -> None:
    assert dot(compared(*SHOP)) == (
        "digraph connections {\n"
        "  rankdir=LR;\n"
        '  node [shape=box, fontname="sans-serif"];\n'
        '  n0 [label="Deployment web - open to everybody"];\n'
        '  n1 [label="Deployment cache - open to its namespace"];\n'
        '  n2 [label="Deployment job - open to nobody"];\n'
        '  n3 [label="anywhere", shape=ellipse];\n'
        '  n3 -> n0 [label="8080"];\n'
        '  n0 -> n1 [label="6379"];\n'
        '  n2 -> n1 [label="6379"];\n'
        "}\n"
    )


def test_the_picture_is_xml_with_every_workload_twice() -> None:
    found = compared(*SHOP)
    root = ET.fromstring(svg(found))  # noqa: S314 -- our own text
    assert root.tag.endswith("svg")
    words = [each.text for each in root.iter() if each.tag.endswith("text")]
    assert [words.count(f"Deployment {name}") for name in ("web", "cache", "job")] == [2, 2, 2]
    assert words.count("open to its namespace") == 1
    assert len([each for each in root.iter() if each.tag.endswith("path") and each.get("marker-end")]) == 4
    assert re.findall(r"(?:href|src)=|<script|url\((?!#tip)", svg(found)) == []


def test_the_page_holds_the_picture_and_every_connection() -> None:
    found = compared(*SHOP)
    page = html(found, "Shop & co")
    assert svg(found) in page
    assert page.count("env CACHE names Service cache") >= 2
    assert "<title>Shop &amp; co</title>" in page
    assert "<th>From</th><th>To</th><th>Port</th><th>Before</th><th>After</th><th>Why</th>" in page
    assert re.findall(r"(?:href|src)=|<script", page) == []


def test_names_cannot_break_out() -> None:
    web = workload("web", env={'<b>"&': "cache:6379"}, container={"name": "x"})
    web["metadata"]["name"] = '<script>"'
    found = compared(web, *SHOP[2:4])
    ET.fromstring(svg(found))  # noqa: S314 -- our own text
    assert "<script>" not in html(found)
    assert '"<script>"' not in mermaid(found)
    assert '\\"' in dot(found)


def test_values_are_in_none_of_them() -> None:
    web = workload("web", env={"CACHE": "redis://u:hunter2@cache:6379"})
    found = compared(web, *SHOP[2:4])
    for said in (text(found), mermaid(found), dot(found), svg(found), html(found)):
        assert "hunter2" not in said


def test_namespaces_are_said_where_there_are_several() -> None:
    far = workload("far", namespace="other", env={"CACHE": "cache.default:6379"})
    assert "other/Deployment far" in text(compared(*SHOP, far))
    assert "default/" not in text(compared(*SHOP))


def test_an_empty_bundle_has_a_table_and_a_picture() -> None:
    found = compared()
    assert "workloads: 0" in text(found)
    ET.fromstring(svg(found))  # noqa: S314 -- our own text


def test_a_workload_in_two_files_is_drawn_once_per_variant() -> None:
    found = compared(*SHOP, workload("job", env={"CACHE": "cache:6379", "B": "c"}))
    assert len(found.nodes) == 4
    assert sum(edge.target.name == "cache" for edge in found.edges) == 2
    ET.fromstring(svg(found))  # noqa: S314 -- our own text


@pytest.mark.parametrize("seed", range(60))
def test_boxes_stand_in_order(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    count = dice.randint(0, 9)
    arrows = [(dice.randrange(count), dice.randrange(count)) for _ in range(dice.randint(0, 14))] if count else []
    found = lay_out(count, arrows)
    depth = {box: at for at, column in enumerate(found.columns) for box in column}
    assert sorted([*(box for box in depth if box < count), *found.alone]) == list(range(count))
    lanes = [lane for way in found.lanes.values() for lane in way]
    assert sorted(set(lanes)) == sorted(box for box in depth if box >= count)
    for (a, b), way in found.lanes.items():
        # From column to column, none skipped.
        assert [depth[box] for box in (a, *way, b)] == list(range(depth[a], depth[b] + 1))
    acyclic = {(a, b) for a, b in arrows if a < b}
    straight = lay_out(count, acyclic)
    places = {box: at for at, column in enumerate(straight.columns) for box in column}
    assert set(straight.lanes) == acyclic
    assert all(places[a] < places[b] for a, b in acyclic)
    assert lay_out(count, list(reversed(arrows))) == found


def names(count: int) -> list[str]:
    return [f"service-{at:02}" for at in range(count)]


def chain(count: int, *, dense: bool) -> Comparison:
    """Return workloads that each connect to the next, or to all that follow."""
    listed = names(count)
    objects = []
    for at, name in enumerate(listed):
        others = listed[at + 1 :] if dense else listed[at + 1 : at + 2]
        env = {f"PEER_{number}": f"{other}:80" for number, other in enumerate(others)}
        objects += [workload(name, env=env, ports={"http": 80}), service(name, 80)]
    return compared(*objects)


@pytest.mark.parametrize("is_single", [False, True])
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("count", [10, 25, 40])
def test_long_chains_make_no_strip(count: int, *, dense: bool, is_single: bool) -> None:
    root = ET.fromstring(svg(chain(count, dense=dense), is_single=is_single))  # noqa: S314 -- our own text
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width <= 3 * height


def test_workloads_without_connections_stand_in_a_block() -> None:
    found = compared(*SHOP, *(workload(name, ports={"http": 80}) for name in names(30)))
    root = ET.fromstring(svg(found, is_single=True))  # noqa: S314 -- our own text
    assert float(root.attrib["width"]) <= 3 * float(root.attrib["height"])
    boxes = {(each.get("x"), each.get("y")) for each in root.iter() if each.get("class", "").startswith("box")}
    assert len(boxes) == len(found.nodes)
    assert len({x for x, _ in boxes}) < 10


def test_the_arrow_of_a_workload_to_itself_touches_no_other_box() -> None:
    names = [f"ring-{at}" for at in range(6)]
    rings = [workload(name, env={"PEERS": f"{name}:7000"}, ports={"ring": 7000}) for name in names]
    found = compared(*rings, *(service(name, 7000) for name in names))
    root = ET.fromstring(svg(found, is_single=True))  # noqa: S314 -- our own output
    boxes = [each for each in root.iter(f"{SVG}rect") if each.get("class", "").startswith("box")]
    loops = [each for each in root.iter(f"{SVG}path") if " c26 " in each.get("d", "")]
    assert len(loops) == len(boxes) == 6
    for loop in loops:
        x, y = (float(each) for each in loop.get("d", "").split(" c")[0].removeprefix("M").split())
        for box in boxes:
            left, top, high = (float(box.get(name, "")) for name in ("x", "y", "height"))
            assert not (x < left < x + 20 and top < y + 24 and y - 8 < top + high), (loop.get("d"), box.attrib)


def test_the_legend_is_within_a_narrow_picture() -> None:
    picture = ET.fromstring(svg(compared(workload("web"))))  # noqa: S314 - our own text
    width = float(picture.attrib["width"])
    texts = [each for each in picture.iter() if each.tag.endswith("text")]
    legend = next(each for each in texts if (each.text or "").startswith("dotted"))
    # A monospaced letter of 11 pixels is 0.6 as wide as high.
    assert float(legend.attrib["x"]) + len(legend.text or "") * 6.6 < width


def luminance(colour: str) -> float:
    """Return the relative luminance (w3.org, WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_can_be_read_in_both_schemes() -> None:
    for colours in COLOURS.values():
        for at in (0, 1):
            for ground in (GROUND, BOX):
                low, high = sorted((luminance(colours[at]), luminance(ground[at])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (colours, ground)
    assert "prefers-color-scheme" in svg(compared(*SHOP))
    assert "prefers-color-scheme" in html(compared(*SHOP))


def test_hints_are_dotted_and_certain_connections_are_not() -> None:
    found = compared(*SHOP, workload("maybe", env={"X": "cache"}))
    assert "-. 6379? .->" in mermaid(found)
    assert mermaid(found).count("-.") == 1
    assert dot(found).count("style=dashed") == 1
    assert svg(found).count("stroke-dasharray") == 2
    assert "perhaps: env X mentions Service cache" in html(found)


HOSTILE = "TCP\n    - {port: 1}<script>alert(1)</script>"


def test_words_of_a_closed_set_go_nowhere_unchecked() -> None:
    cache = workload("cache", container={"ports": [{"containerPort": 6379, "protocol": HOSTILE}]})
    bad_service = service("cache", {"port": 6379, "protocol": HOSTILE})
    bad_policy = policy("p", {"podSelector": {}, "ingress": [{"ports": [{"protocol": HOSTILE, "port": 6379}]}]})
    found = compared(cache, bad_service, bad_policy, SHOP[0])
    held = bundle(cache, bad_service, SHOP[0])
    texts = [companion.text for companion in policies(held, settle(held, ["default"]), NetworkSettings()).companions]
    for said in (text(found), mermaid(found), dot(found), svg(found), html(found), *texts):
        assert "script" not in said
        assert "{port: 1}" not in said


def test_names_end_no_line_and_move_no_cursor() -> None:
    web = workload("web", env={"CACHE": "cache:6379"})
    web["metadata"]["name"] = "web\n  click n0 x\x1b[31m|<b>"
    found = compared(web, *SHOP[2:4])
    for said in (text(found), mermaid(found), dot(found)):
        assert "\x1b" not in said
        assert "\n  click" not in said
    assert "<b>" not in mermaid(found) + html(found) + svg(found)
