"""Owns the companions: resources that stand beside the workloads."""
