"""The HTTP server: the only package that knows aiohttp; others get plain requests and responses."""
