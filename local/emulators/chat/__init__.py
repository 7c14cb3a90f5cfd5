"""A chat server's incoming webhooks, as Slack and Mattermost have them, and a page that shows what came in."""
