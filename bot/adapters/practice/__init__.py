"""The practice host: a real SSH server on loopback whose programs touch one scratch folder only."""
