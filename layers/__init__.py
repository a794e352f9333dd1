"""From results to pictures and files: layers, exports, tiles, the portable map."""
