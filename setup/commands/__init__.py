"""The commands of the repository, a module each."""
