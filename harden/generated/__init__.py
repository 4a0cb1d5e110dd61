"""Creates companions and puts them into files, and says what is found on objects that run no pods.

Nothing here is imported by a run without companions.
"""

from __future__ import annotations

from harden.generated.emit import GeneratedObjects
from harden.generated.options import GenerateOptions, bundle_controls

__all__ = ["GenerateOptions", "GeneratedObjects", "bundle_controls"]
