"""Who sits at the machine's own terminal."""

import os
import pwd


def login_name() -> str:
    """Return the name of the account that runs this, or its number where it has no name."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
