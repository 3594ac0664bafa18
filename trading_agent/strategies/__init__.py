"""From opinions to proposals."""
