"""From proposals to permissions, and what protects a position."""
