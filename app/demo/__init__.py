"""The demo programme: an invented year and a half of two programmes, played through the desk's own operations."""
