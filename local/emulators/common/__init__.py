"""What several emulators need: logins, state files, bodies of requests, slowed guesses, forks of a warm process."""
