"""What runs in the process pool: hostile bytes and heavy libraries in, small plain values out."""
