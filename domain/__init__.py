"""The words of Ostinato and their rules: frozen values, pure functions, no clock and no I/O."""
