"""The random cut forest next to its peers; see benchmarks/README.md."""
