"""One suite per port; every implementation passes the same test ids."""
