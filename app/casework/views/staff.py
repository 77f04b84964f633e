"""What staff do on a placed case."""
