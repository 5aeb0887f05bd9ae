"""From what the user names to what is sent: located, examined, converted if need be."""
