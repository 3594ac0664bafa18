"""Records that people query: tables of orders, fills, positions, decisions and equity."""
