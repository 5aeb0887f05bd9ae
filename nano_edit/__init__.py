"""Edit pictures by instruction with Gemini's image models."""

__version__ = "0.1.0"
