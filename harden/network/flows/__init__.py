"""Reads logs of observed connections: Hubble's flow export, Calico's flow logs, Envoy's access logs, and plain CSV."""
