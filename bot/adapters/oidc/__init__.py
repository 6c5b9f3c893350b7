"""Sign-in over OpenID Connect: authorisation code with PKCE at one configured issuer."""
