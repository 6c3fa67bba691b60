"""Pages of the plan library and of the plan editor. One module per concern."""
