"""What stands in for the cloud: each folder is a program of its own, with a README.

Nothing here imports the platform: the folder `local/emulators` works wherever it is copied.
"""
