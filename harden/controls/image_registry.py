"""Images come from registries that somebody chose, and from none that is closed.

## Why
Who owns a registry decides what runs. One that is no longer kept gets no more updates of security, and its images are
gone some day. The community's old registry, `k8s.gcr.io`, has been frozen since April 2023; `gcr.io/google-containers`
is what it was before that.

## Allowed values
With the option `allowed`, each image is of one of these registries or folders (`registry.example.com`,
`docker.io/library`), under its full name: `nginx` is `docker.io/library/nginx`. Without it every registry will do but
`k8s.gcr.io` and the places that it stood for.

## What a fix may change
`k8s.gcr.io` becomes `registry.k8s.io`, where the same images are under the same names: review, because firewalls and
mirrors may know the old name alone. Tag and digest stay. There is no fix where a kustomization of the run names the
image, because its entry would no longer find it, none for the other old places, which have not all of their images
there, and none for an image of a registry that is not allowed: which build takes its place is a decision.

## Sources
- kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement (frozen on 3 April 2023)
- kubernetes.io/blog/2023/03/10/image-registry-redirect (k8s.gcr.io redirects to registry.k8s.io)
- github.com/distribution/reference, normalize.go (how a name is completed)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Building secure container images
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, Option, control, each_container
from harden.controls._images import named_by_kustomizations
from harden.kube.containers import untagged
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload
from harden.model.plain import as_texts

_FROZEN, _NEW = "k8s.gcr.io", "registry.k8s.io"
_OLDER = (
    "gcr.io/google-containers",
    "gcr.io/google_containers",
    "asia.gcr.io/k8s-artifacts-prod",
    "eu.gcr.io/k8s-artifacts-prod",
    "us.gcr.io/k8s-artifacts-prod",
)


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=each_container("image"),
    options=(Option("allowed", [], "registries, or folders of them, that images may come from; empty: any"),),
    bundle=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container whose image comes from an old registry, or from none that is allowed."""
    allowed = as_texts(context.options.get("allowed"))
    for container in workload.containers:
        image = container.get("image")
        name = _full_name(image) if isinstance(image, str) else None
        if name is None:
            continue
        old = next((each for each in (_FROZEN, *_OLDER) if _is_below(name, each)), None)
        if old is not None:
            yield _moved(container, str(image), old, context)
        elif allowed and not any(_is_below(name, _completed(each)) for each in allowed):
            message = f'image "{image}" of container "{container.name}" is of no registry that is allowed'
            advice = f"take it from {', '.join(allowed)}, or add its registry to the option allowed"
            yield Finding((*container.path, "image"), message, NoFix(advice))


def _full_name(image: str) -> str | None:
    """Return registry and repository of an image, None for what is no reference (a variable, for example)."""
    # Only profiles beyond the standards run this control.
    from harden.images.reference import ImageNameError, parse_reference  # noqa: PLC0415 - see above

    try:
        return parse_reference(image).name
    except ImageNameError:
        return None


def _completed(place: str) -> str:
    """Return an entry of the option as full names begin with it."""
    plain = place.strip().rstrip("/")
    first = plain.partition("/")[0]
    return plain if "." in first or ":" in first or first == "localhost" else f"docker.io/{plain}"


def _is_below(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}/")


def _moved(container: Container, image: str, old: str, context: Context) -> Finding:
    path = (*container.path, "image")
    said = "has been frozen since April 2023" if old == _FROZEN else "is no longer kept"
    message = f'image "{image}" of container "{container.name}" is of {old}, which {said}'
    if old != _FROZEN:
        return Finding(path, message, NoFix(f"look for it at {_NEW}"))
    if untagged(image) in named_by_kustomizations(context.bundle):
        return Finding(path, message, NoFix(f"a kustomization names it: write {_NEW} there and here"))
    reason = f"{_NEW} has the same images; firewalls and mirrors may know {_FROZEN} alone"
    change = SetField(path, _NEW + image.removeprefix(_FROZEN))
    return Finding(path, message, Fix(Risk.REVIEW, reason, (change,)))
