"""The overseer's door: it looks at the desk, asks the library, and applies what comes of it."""
