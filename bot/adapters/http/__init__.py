"""The HTTP server: the only package that knows aiohttp; others get plain requests and responses."""

import mimetypes

# As it is imported, aiohttp reads the machine's lists of file types: a third of a megabyte.
# Whatever we send has its type said, and those that Python knows by itself do for guessing.
mimetypes.knownfiles.clear()
