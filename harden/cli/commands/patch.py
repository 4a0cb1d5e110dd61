"""A run of patch: what hardening would change, as patches of kustomize in an overlay of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from harden.adapters.division import without_rest
from harden.adapters.overlay_files import write_overlay
from harden.adapters.patch_sources import PatchSource, from_files, from_kustomization, from_stream, is_built
from harden.cli.console import streams
from harden.cli.console.missing_dash import demand_dash
from harden.cli.console.printing import Printer, demand_writable, write_report
from harden.cli.request import Request, config_of, demand_sense, profile_of, wants_companions
from harden.cli.run.exit_code import status
from harden.cli.run.inputs import found_by
from harden.cli.run.report import report_on_parts
from harden.companions.signature import body
from harden.errors import HardenError
from harden.generated.previous import without_signature
from harden.model.report import Mode, Report
from harden.model.text import SourceText
from harden.outputs import Detail
from harden.patches import INLINE, Known, Nameless, Objects, Patch, Twice, inline, make_overlay, objects_of, patches_of
from harden.settings import Config
from harden.settings.keys import suggestion
from harden.source.split import piece_texts

#: From this exit code on something was not read or not proved.
_FAULT = 3


class ObjectError(HardenError):
    """An object that kustomize does not take: a second one of its identity, or one without a name."""

    code = 3


def patch(request: Request, output: str | None, *, base: str | None = None, form: str | None = None) -> int:
    """Write the overlay, or print its patches in a form, and return the exit code.

    Raises HardenError for wrong usage, profile or configuration, and for what is in the way of the overlay.
    """
    _demand_sense(request, output, base, form)
    config = config_of(request.config)
    demand_sense(request)
    profile = profile_of(request, config)
    demand_writable(request.report_file)
    source = _source(request, config, output, base)
    before = _objects(map(SourceText, source.names, source.texts), "the manifests")
    division = source.division(open_end=wants_companions(request, profile))
    inputs = [*division.inputs, *source.unread]
    report = report_on_parts(request._replace(paths=("-",)), config, profile, inputs)
    texts, added = division.put_back(report.files)
    after = _objects((SourceText("", text) for text in (*texts, *piece_texts(added))), "the result")
    report = without_rest(report)
    code = status(report, is_piped=True)
    if code < _FAULT:
        patches = tuple(patches_of(before, after))
        companions = "".join(_companion(each) for key, each in after.items() if key not in before)
        if form is not None:
            _print(patches, companions, form)
        else:
            overlay = make_overlay(source.resources, patches, copies=source.copies, companions=companions)
            written = write_overlay(output or ".", overlay)
            shown = () if request.quiet else written
            streams.write("".join(f"{each.name}: {each.what}\n" for each in shown).encode())
    _say(report, request, output, is_written=code < _FAULT)
    return code


def _demand_sense(request: Request, output: str | None, base: str | None, form: str | None) -> None:
    if form is not None and form not in INLINE:
        raise HardenError(f'--format: unknown format "{form}"{suggestion(form, INLINE, "format")}')
    if (output is None) == (form is None):
        raise HardenError("-o DIR names the folder of the overlay; --format FORM prints patches to paste, without one")
    if not request.paths:
        demand_dash("patch")
    if base is not None and not request.is_stream:
        raise HardenError(f"--base: names what standard input was built from: BUILD | harden patch - --base {base}")


def _source(request: Request, config: Config, output: str | None, base: str | None) -> PatchSource:
    if request.is_stream:
        return from_stream(base)
    if is_built(request.paths or (".",)):
        return from_kustomization((request.paths or (".",))[0], output)
    found = found_by(request, config)
    if found.problems:
        raise HardenError(f"{found.problems[0].file}: {found.problems[0].message}")
    return from_files(found.files, output)


def _objects(sources: Iterable[SourceText], where: str) -> Objects:
    found = objects_of(sources)
    if isinstance(found, Twice):
        first = found.first
        place = f" in namespace {first.namespace}" if first.namespace else ""
        said = (
            f"{first.kind} {first.name}{place} stands twice in {where}: kustomize takes no two objects of one identity"
        )
        raise ObjectError(said)
    if isinstance(found, Nameless):
        place = f"{found.source}: " if found.source else ""
        name = f"generateName {found.generated} alone" if found.generated else "no name"
        raise ObjectError(f"{place}{found.kind} with {name}: kustomize takes no object without metadata.name")
    return found


def _companion(known: Known) -> str:
    # The file that it goes into is signed as a whole.
    return f"---\n{body(without_signature(known.text))}"


def _print(patches: Sequence[Patch], companions: str, form: str) -> None:
    streams.write(inline(patches, form).encode())
    if companions:
        sys.stderr.write("harden: companions are objects, and no patches: -o DIR writes them, too\n")


def _say(report: Report, request: Request, output: str | None, *, is_written: bool) -> None:
    write_report(request.report_file, report)
    # What the base has stays as it is.
    Printer(None, request.quiet, request.shown_color).messages(report._replace(mode=Mode.DIFF.value), Detail.ALL)
    if not is_written:
        sys.stderr.write(f"harden: {output or 'the patches'}: not written, because of what is said above\n")
