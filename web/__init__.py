"""The HTTP door: who may ask for what, how it is asked and answered; what is done is in scheduler/operations."""
