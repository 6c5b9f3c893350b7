"""Conversations with the whole process."""
