"""The register as editions: built and sealed, stored in Redis, verified and held whole in memory."""
