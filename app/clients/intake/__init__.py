"""What a request for help asks, one thing at a time, and how the answers are kept."""
