"""How fast, against which floor: python -m benchmarks."""
