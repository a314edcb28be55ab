"""Factorization Machines: linear terms and low-rank interactions of pairs of sparse features."""
