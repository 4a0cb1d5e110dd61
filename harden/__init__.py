"""Rewrites Kubernetes manifests to a Pod Security profile without touching anything else."""

__version__ = "0.1.0"
