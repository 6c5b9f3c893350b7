"""Texts only: one Jinja2 file per text, overridable by a folder that the policy names."""
