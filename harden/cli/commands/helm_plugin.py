"""The plugin of Helm 4: installs it, and says where it is."""

from __future__ import annotations

import os
import sys

from harden import __version__
from harden.adapters.helm_plugin import NAME, install, own_command, plugin_folder, plugin_text
from harden.cli.console import streams


def install_plugin() -> int:
    """Write the plugin where Helm 4 finds it, and say what was done; raises HardenError where that cannot be."""
    folder = plugin_folder(os.environ)
    changed = install(folder, plugin_text(own_command(sys.argv[0]), __version__))
    streams.write(f"{folder}: {'installed' if changed else 'unchanged'}\n".encode())
    sys.stderr.write(f"helm upgrade --install RELEASE CHART --post-renderer {NAME}\n" if changed else "")
    return 0


def print_folder() -> int:
    """Print the folder of the plugin; the exit code is 1 where it is not installed."""
    folder = plugin_folder(os.environ)
    streams.write(f"{folder}\n".encode())
    if (folder / "plugin.yaml").is_file():
        return 0
    sys.stderr.write("harden: it is not installed: harden helm-plugin install\n")
    return 1
