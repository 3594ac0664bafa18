"""Where third parties are met and translated."""
