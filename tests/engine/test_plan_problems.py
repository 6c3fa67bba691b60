"""Every problem of a plan, with the path of its place."""
