"""What a bundle shows of its network: who names whom, and who can reach whom under a set of NetworkPolicies."""
