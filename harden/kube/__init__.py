"""What documents mean to Kubernetes: kinds, workloads and what is no whole object."""
