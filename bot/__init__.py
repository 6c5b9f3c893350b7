"""Firewarden: incident life in chat, joined to approved runbook actions on hosts."""
