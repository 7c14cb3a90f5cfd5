"""Incoming webhooks of Slack, Mattermost, and what takes the same messages."""
