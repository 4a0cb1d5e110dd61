"""Makes policies, quotas, accounts and labels: the objects that stand beside the workloads."""
