"""Properties that hold for every plan and every input (Hypothesis)."""
