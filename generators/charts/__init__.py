"""Pictures of numbers: what in the material can be compared, drawn the same way each time."""
