"""How well interactions were foreseen: recall, nDCG, MRR, coverage and novelty, in total and lately."""
