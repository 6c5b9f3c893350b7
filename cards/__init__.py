"""Platform-neutral cards, the texts that fill them, and one renderer per platform."""
