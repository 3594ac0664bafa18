"""One module for each step of the schema; a step that was published is never changed."""
