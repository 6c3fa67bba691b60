"""Polls: from who votes to what was counted. One module per step."""
