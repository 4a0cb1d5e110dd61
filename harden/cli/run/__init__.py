"""A run over manifests, as several commands make it: from what was asked for to the report and the exit code."""
