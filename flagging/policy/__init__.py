"""What follows from a match: outcome, route, actions, managers, and what of it a role may see. Pure."""
