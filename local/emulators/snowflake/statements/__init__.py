"""What each kind of statement does, a file per family. Each handler takes a session and a tree (or its words)."""
