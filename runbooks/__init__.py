"""The runbook language: document, loader, lint, expressions, planner; pure, knows no incident."""
