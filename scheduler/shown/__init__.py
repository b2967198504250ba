"""What is kept as plain values, for whoever shows it: the command line and the HTTP door."""
