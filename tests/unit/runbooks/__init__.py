"""Tests of the runbook language and its planner."""
