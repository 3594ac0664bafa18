"""What happened, in words, kept until everybody who wants to know has been told."""
