"""Slack: a chat platform, a source of standings, a pager, and a way in for people."""
