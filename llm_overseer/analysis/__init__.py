"""Text of strangers, kept in quarantine: only enums and scores come out."""
