"""OpenID Connect: providers who vouch for systems (access tokens) and for people (sign-in)."""
