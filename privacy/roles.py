"""Who may do what in the office? Groups and their permissions, as data."""


def seed() -> None:
    """Makes the groups that are missing and gives each exactly its permissions."""
