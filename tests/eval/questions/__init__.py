"""Questions with the calls that answer them, put to a chat model, and how often it makes these calls."""
