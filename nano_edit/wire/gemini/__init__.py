"""Gemini's generateContent: request body, response parser, errors."""
