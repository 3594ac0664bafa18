"""The desk in a pocket: commands and alerts through the Telegram Bot API."""
