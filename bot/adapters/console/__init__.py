"""The web console: a chat platform of our own, its pages, and the server that shows them."""
