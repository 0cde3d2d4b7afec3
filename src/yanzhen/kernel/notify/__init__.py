"""Messages to people: in the platform, by mail, by gateway; digests outside quiet hours."""
