"""What changes accounts, units and people. Each function checks, writes and records in one go."""
