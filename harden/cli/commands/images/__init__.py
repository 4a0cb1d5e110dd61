"""What is known of images: shown, learned, and found for a run."""
