"""From permissions to fills."""
