"""Who may ask: tokens, accounts, roles, and how often."""
