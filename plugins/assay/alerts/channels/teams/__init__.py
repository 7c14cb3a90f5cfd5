"""Workflows of Microsoft Teams, which take an adaptive card."""
