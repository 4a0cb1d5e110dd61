"""The sizes of containers: which one a container gets and where it comes from, and what of it may be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.controls import _heap
from harden.controls._limit_range import Filled
from harden.controls._registry import Context
from harden.controls._size_tables import RESOURCES, best, size_of
from harden.controls._unusual import unusual
from harden.kube.containers import untagged
from harden.kube.quantity import NANO, Format, Quantity, parse
from harden.kube.scheduling import read
from harden.model.finding import SetField
from harden.model.kube import Container, Workload, dig
from harden.model.record import Record
from harden.model.text import Plain

_STEP = {"cpu": NANO // 1000, "memory": 2**20 * NANO, "ephemeral-storage": 2**20 * NANO}
#: What every container should state; anything else only where a table names it.
_ASKED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


class Wish(Record):
    """The size that a container should have, in billionths by resource, and where it comes from.

    `guess` is its class where nothing else tells its size, else "".
    """

    requests: dict[str, int]
    limits: dict[str, int]
    origin: str
    guess: str = ""


class Gap(Record):
    """An amount that a container does not state: the side ("requests"), the resource, and what to write.

    `change` is None where nothing may be written; `why` then says why not, else what the amount follows from (or "").
    """

    side: str
    resource: str
    change: SetField | None
    why: str


def class_of(workload: Workload, container: Container, context: Context) -> tuple[str, str]:
    """Return the class of a container, and what it follows from."""
    image = container.get("image")
    facts = context.images(image) if isinstance(image, str) else None
    if facts is not None and facts.image_class is not None:
        return facts.image_class.value, "what is known of the image"
    if _heap.is_java(container):
        return "jvm", "its Java options"
    if container.field == "initContainers":
        return (
            ("sidecar", "its restartPolicy")
            if container.get("restartPolicy") == "Always"
            else ("init", "its place among initContainers")
        )
    kinds = {"Job": "job", "CronJob": "job", "DaemonSet": "agent"}
    if workload.kind in kinds:
        return kinds[workload.kind], f"its kind, {workload.kind}"
    return ("web", "its ports") if container.get("ports") else ("worker", "having no ports")


def wish_of(workload: Workload, container: Container, context: Context) -> Wish:
    """Return the size of a container: of its class, changed by its image's, its workload's, and by what was measured.

    The nearer source wins for each amount on its own.
    """
    kind, why = class_of(workload, container, context)
    wish = Wish({}, {}, f"class {kind}, by {why}")
    wish = _laid_over(wish, dig(context.options.get("classes"), kind), wish.origin)._replace(guess=kind)
    image = container.get("image")
    for glob, value in best(context.options.get("images"), _image_names(image, context)):
        wish = _laid_over(wish, value, f"the profile, for images {glob}")
    names = (workload.name, f"{workload.effective_namespace}/{workload.name}")
    for glob, containers in best(context.options.get("workloads"), names):
        for _, value in best(containers, (container.name,)):
            wish = _laid_over(wish, value, f"the profile, for workloads {glob}")
    return _measured(wish, workload, container, context)


def _asked_by(options: Mapping[str, Plain]) -> frozenset[tuple[str, str]]:
    """Return the amounts that the options of the control ask for, by side and resource."""
    more = {("limits", "cpu")} if options.get("cpu-limit") is True else set()
    if options.get("ephemeral-storage") is True:
        more |= {("requests", "ephemeral-storage"), ("limits", "ephemeral-storage")}
    return frozenset((*_ASKED, *more))


def gaps(workload: Workload, container: Container, wish: Wish, filled: Filled, context: Context) -> Iterator[Gap]:
    """Yield what of the amounts that are asked for neither a container, its pod nor a LimitRange states, in order."""
    wanted = _asked_by(context.options)
    stated = {side: _stated(container, side) | _stated(workload, side) for side in ("requests", "limits")}
    # A limit without a request is the request, too (kubernetes v1.36, pkg/apis/core/v1/defaults.go, SetDefaults_Pod).
    present = {
        "requests": stated["requests"] | stated["limits"] | filled.requests.keys(),
        "limits": stated["limits"] | filled.limits.keys(),
    }
    strange = unusual(workload, container) if wish.guess else None
    least = _heap.stated(workload, container, context)
    for side in ("requests", "limits"):
        amounts = wish.requests if side == "requests" else wish.limits
        for resource in RESOURCES:
            is_asked = (side, resource) in wanted or resource in amounts
            if is_asked and resource not in present[side]:
                yield _gap(_Asked(workload, container, wish, filled, strange, least), (side, resource))


class _Asked(Record):
    """What amounts are asked for: `unusual` is what its class does not ask for, `least` what it says that it needs."""

    workload: Workload
    container: Container
    wish: Wish
    filled: Filled
    unusual: str | None
    least: tuple[int, str] | None


def _gap(asked: _Asked, place: tuple[str, str]) -> Gap:
    side, resource = place
    wish, container = asked.wish, asked.container
    amount = (wish.requests if side == "requests" else wish.limits).get(resource)
    if amount is None:
        return Gap(*place, None, "the profile names no size for it")
    if asked.unusual is not None:
        return Gap(*place, None, f"it asks for {asked.unusual}, so its class tells nothing of its size")
    if resource in asked.filled.bound:
        return Gap(*place, None, f"a LimitRange binds the ratio or the pod's sum of {resource}")
    why = ""
    if side == "limits":
        amount = _limit(container, wish, asked.filled, resource, amount)
    if place == ("limits", "memory"):
        if _heap.is_open_ended(asked.workload, container):
            return Gap(*place, None, "it writes to a volume in memory without sizeLimit, which would count")
        least = asked.least
        if least is not None and least[0] * NANO > amount:
            amount, why = _rounded(least[0] * NANO, resource), f"the limit leaves room for {least[1]}"
        elif least is None and wish.guess == "jvm":
            # Source: java(1), -XX:MaxRAMPercentage: 25 where nothing is stated.
            why = f"the JVM takes a quarter of the limit for its heap, and is killed above {shown(amount, resource)}"
    change = SetField((*container.path, "resources", side, resource), shown(amount, resource))
    return Gap(*place, change, why)


def _limit(container: Container, wish: Wish, filled: Filled, resource: str, amount: int) -> int:
    """Return the limit for what the container asks for: as much above its own request as above the table's."""
    own = read(container.get("resources", "requests")).get(resource, filled.requests.get(resource))
    usual = wish.requests.get(resource)
    if own is None or (usual is not None and own <= usual):
        return max(amount, usual or 0)
    scaled = own * amount // usual if usual else own
    return _rounded(max(scaled, own, amount), resource)


def shown(nano: int, resource: str) -> str:
    """Return an amount as people write it: bytes with binary suffixes, CPU in thousandths."""
    return str(Quantity(nano, Format.DECIMAL if resource == "cpu" else Format.BINARY))


def _rounded(nano: int, resource: str) -> int:
    """Return an amount rounded up to whole thousandths of a core, or whole mebibytes."""
    step = _STEP[resource]
    return -(-nano // step) * step


def _laid_over(wish: Wish, value: object, origin: str) -> Wish:
    size = size_of(value)
    requests, limits = _amounts(size.requests), _amounts(size.limits)
    if not requests and not limits:
        return wish
    return _settled({**wish.requests, **requests}, {**wish.limits, **limits}, {*requests, *limits}, origin)


def _settled(requests: dict[str, int], limits: dict[str, int], nearer: set[str], origin: str) -> Wish:
    """Return a wish whose limits are not below its requests; what the nearer source names is what it said."""
    for name in nearer & requests.keys() & limits.keys():
        limits[name] = max(limits[name], requests[name])
    return Wish(requests, limits, origin)


def _amounts(amounts: object) -> dict[str, int]:
    found = {name: parse(value) for name, value in amounts.items()} if isinstance(amounts, dict) else {}
    return {name: quantity.nano for name, quantity in found.items() if quantity is not None}


def _measured(wish: Wish, workload: Workload, container: Container, context: Context) -> Wish:
    row = None if context.usage is None else context.usage.of(workload.namespace, workload.name, container.name)
    if row is None:
        return wish
    percent = context.options.get("headroom")
    more = 100 + (percent if isinstance(percent, int) else 0)
    requests = {name: _rounded(-(-amount * more // 100), name) for name, amount in row.requests.items()}
    # A CPU limit throttles: as everywhere, only the profile may ask for one.
    limits = {
        name: _rounded(-(-amount * more // 100), name)
        for name, amount in row.limits.items()
        if name != "cpu" or name in wish.limits
    }
    nearer = {*requests, *limits}
    return _settled({**wish.requests, **requests}, {**wish.limits, **limits}, nearer, f"usage in {row.source}")


def _image_names(image: Plain | object, context: Context) -> tuple[str, ...]:
    """Return the names that a glob of the profile may mean: as written without tag and digest, and in full."""
    if not isinstance(image, str):
        return ()
    facts = context.images(image)
    written = untagged(image)
    return (written,) if facts is None else (written, facts.reference.name)


def _stated(holder: Container | Workload, side: str) -> set[str]:
    """Return the resources that a container states, or a pod for all its containers together (KEP-2837)."""
    found = holder.get("resources", side)
    return {name for name, value in found.items() if value is not None} if isinstance(found, dict) else set()
