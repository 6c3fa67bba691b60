"""Writes of a round's input: guard first, one transaction, audit trail, `touch_inputs` last."""
