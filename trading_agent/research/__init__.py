"""Work on recordings: replay, reports, measurements."""
