"""The options of the controls that move values to Secrets."""

from __future__ import annotations

from harden.controls._options import Option

_STORE = (
    "Where values go: `secret` writes a Secret, `sealed` too and says how to seal it, `external-secret` writes an "
    "ExternalSecret without the values, `report` only tells."
)

#: Where values go.
STORES = (
    Option("store", "secret", _STORE, choices=("secret", "external-secret", "sealed", "report")),
    Option("secret-store", "secret-store", "The SecretStore that an ExternalSecret names."),
)
