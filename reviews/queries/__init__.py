"""Reads of a round's input: each a fixed number of queries, however many subjects there are."""
