"""Flash Trading."""
